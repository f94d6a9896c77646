/**
 * Reads the regions `[data-refresh="URL"]` of the page again and puts them in place: after a lost connection, or when a
 * plugin asks for it. The answer may be a whole page: the element with the same id is taken out of it.
 */
export async function refreshRegions(root: ParentNode = document): Promise<void> {
  const byUrl = new Map<string, HTMLElement[]>();
  for (const region of root.querySelectorAll<HTMLElement>('[data-refresh]')) {
    const url = region.dataset.refresh || location.href;
    byUrl.set(url, [...(byUrl.get(url) ?? []), region]);
  }
  await Promise.allSettled([...byUrl].map(([url, regions]) => refresh(url, regions)));
}

async function refresh(url: string, regions: readonly HTMLElement[]): Promise<void> {
  const begun = performance.now();
  const answer = await fetch(url, { headers: { accept: 'text/html', 'x-refresh': '1' }, credentials: 'same-origin' });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const region of regions) {
    const fresh = region.id ? page.getElementById(region.id) : null;
    if (!region.contains(document.activeElement)) region.innerHTML = (fresh ?? page.body).innerHTML;
  }
  document.dispatchEvent(new CustomEvent('xf:refreshed', { detail: { begun } }));
}
