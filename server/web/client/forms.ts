import type { Page } from './page.ts';

/** The browser's store, or nothing where it is forbidden or full: a draft is a comfort, never a condition. */
function store(act: (storage: Storage) => void): void {
  try {
    act(localStorage);
  } catch {
    // Private windows and full disks refuse; typing goes on.
  }
}

const draftKey = (field: HTMLTextAreaElement): string =>
  `draft:${location.pathname}:${field.dataset.draft || field.name}`;

function keepDraft(field: HTMLTextAreaElement, page: Page): void {
  const key = draftKey(field);
  const line = document.createElement('p');
  line.className = 'draft-line';
  line.setAttribute('role', 'status');
  field.after(line);
  const original = field.value;

  const say = (text: string): void => {
    const discard = document.createElement('button');
    discard.type = 'button';
    discard.textContent = page.text.draftDiscard;
    discard.addEventListener('click', () => {
      field.value = original;
      line.textContent = '';
      store((storage) => storage.removeItem(key));
      field.focus();
    });
    line.replaceChildren(text, discard);
  };

  store((storage) => {
    const kept = storage.getItem(key);
    if (kept === null || kept === original || field.value !== '') return;
    field.value = kept;
    say(page.text.draftRestored);
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      store((storage) => (field.value === '' ? storage.removeItem(key) : storage.setItem(key, field.value)));
      if (field.value !== '' && line.childElementCount === 0) say(page.text.draftKept);
    }, 400);
  });
  field.form?.addEventListener('submit', () => {
    clearTimeout(timer);
    store((storage) => storage.setItem(`${key}:sent`, field.value));
  });
}

/** A draft that was sent is dropped on the next page, unless the form came back with errors. */
function dropSentDrafts(): void {
  if (document.querySelector('[aria-invalid="true"], .notice-bad')) return;
  store((storage) => {
    for (const key of Object.keys(storage).filter((name) => name.startsWith('draft:') && name.endsWith(':sent'))) {
      storage.removeItem(key);
      storage.removeItem(key.slice(0, -':sent'.length));
    }
  });
}

/** A form that is on its way cannot be sent twice; it can again when the reader comes back to the page. */
function disableWhileSending(): void {
  document.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || form.method === 'get') return;
    if (form.dataset.sending !== undefined) {
      event.preventDefault();
      return;
    }
    form.dataset.sending = '';
    event.submitter?.setAttribute('aria-busy', 'true');
  });
  const free = (): void => {
    for (const form of document.querySelectorAll<HTMLFormElement>('form[data-sending]')) delete form.dataset.sending;
    for (const button of document.querySelectorAll('button[aria-busy]')) button.removeAttribute('aria-busy');
  };
  window.addEventListener('pageshow', free);
  document.addEventListener('htmx:afterRequest', free);
}

function submitFilters(): void {
  document.addEventListener('change', (event) => {
    const form = (event.target as HTMLElement).closest<HTMLFormElement>('form[data-auto-submit]');
    form?.requestSubmit();
  });
}

function selectAll(page: Page): void {
  document.addEventListener('change', (event) => {
    const changed = event.target as HTMLInputElement;
    const name = changed.dataset.selectAll ?? changed.name;
    const all = document.querySelector<HTMLInputElement>(`[data-select-all="${CSS.escape(name)}"]`);
    if (!all) return;
    const boxes = [
      ...document.querySelectorAll<HTMLInputElement>(`input[type="checkbox"][name="${CSS.escape(name)}"]`),
    ];
    if (changed === all) for (const box of boxes) box.checked = all.checked;
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
    for (const place of document.querySelectorAll<HTMLElement>(`[data-selected="${CSS.escape(name)}"]`)) {
      place.textContent = page.text.selected.replace('%n', String(ticked));
    }
    for (const button of document.querySelectorAll<HTMLButtonElement>(`[data-needs-selected="${CSS.escape(name)}"]`)) {
      button.disabled = ticked === 0;
    }
  });
}

/** Puts what a field is called before what is wrong with it, in the list above a form: its lines could all read the same. */
function nameFields(page: Page): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('.notice-bad a[href^="#field-"]')) {
    const field = document.getElementById(link.hash.slice(1));
    const label = field?.closest('.field')?.querySelector('.field-label')?.firstChild?.textContent?.trim();
    if (label) link.prepend(page.lang === 'en' ? `${label}: ` : `${label}：`);
  }
}

/** What every form of every page gets. */
export function enhanceForms(page: Page): void {
  dropSentDrafts();
  for (const field of document.querySelectorAll<HTMLTextAreaElement>('textarea[data-draft]')) keepDraft(field, page);
  disableWhileSending();
  submitFilters();
  selectAll(page);
  nameFields(page);
  document.querySelector<HTMLElement>('[role="alert"].notice-bad a[href^="#field-"]')?.focus();
}
