/**
 * Reads the regions `[data-refresh="URL"]` of the page again and puts them in place: after a lost connection, or when a
 * plugin asks for it. The answer may be a whole page: the element with the same id is taken out of it.
 */
export async function refreshRegions(root: ParentNode = document): Promise<void> {
  const regions = [...root.querySelectorAll<HTMLElement>('[data-refresh]')];
  await Promise.allSettled(regions.map(refresh));
}

async function refresh(region: HTMLElement): Promise<void> {
  const url = region.dataset.refresh || location.href;
  const answer = await fetch(url, { headers: { accept: 'text/html', 'x-refresh': '1' }, credentials: 'same-origin' });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = region.id ? page.getElementById(region.id) : null;
  if (region.contains(document.activeElement)) return;
  region.innerHTML = (fresh ?? page.body).innerHTML;
}
