/** Uploads show how far they are, and say at the form what went wrong without losing what was typed. */
export function startUploads(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-upload]')) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      upload(form);
    });
  }
}

function upload(form: HTMLFormElement): void {
  const button = form.querySelector<HTMLButtonElement>('button[type="submit"]');
  const progress = form.querySelector('progress');
  const state = form.querySelector<HTMLElement>('[data-upload-state]');
  const file = form.querySelector<HTMLInputElement>('input[type="file"]')?.files?.[0];
  const limit = Number(form.dataset.megabytes) * 1024 * 1024;
  if (file && limit > 0 && file.size > limit) {
    tell(form, form.dataset.textTooLarge ?? '');
    return;
  }
  tell(form, '');
  const request = new XMLHttpRequest();
  const idle = (): void => {
    if (button) button.disabled = false;
    if (progress) progress.hidden = true;
    if (state) state.textContent = '';
  };
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    const part = total > 0 ? Math.floor((loaded / total) * 100) : 0;
    if (progress) progress.value = part;
    if (state) state.textContent = `${form.dataset.textUploading ?? ''} ${part}%`;
  });
  request.addEventListener('load', () => {
    if (request.status < 300) {
      location.assign(`${location.pathname}?added=${encodeURIComponent(idOf(request.responseText))}`);
      return;
    }
    idle();
    tell(form, messageOf(request.responseText) ?? form.dataset.textFailed ?? '');
  });
  request.addEventListener('error', () => {
    idle();
    tell(form, form.dataset.textFailed ?? '');
  });
  request.open('POST', form.action);
  request.setRequestHeader('accept', 'application/json');
  request.send(new FormData(form));
  if (button) button.disabled = true;
  if (progress) progress.hidden = false;
}

function tell(form: HTMLFormElement, message: string): void {
  const place = form.querySelector('[data-upload-error]');
  if (!place) return;
  const notice = document.createElement('div');
  notice.className = 'notice notice-bad';
  notice.setAttribute('role', 'alert');
  const text = document.createElement('p');
  text.textContent = message;
  notice.append(text);
  place.replaceChildren(...(message === '' ? [] : [notice]));
}

/** The new lesson's, whose file the page then describes. */
function idOf(text: string): string {
  try {
    return (JSON.parse(text) as { id?: string }).id ?? '';
  } catch {
    return '';
  }
}

function messageOf(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { message: string; fields?: { message: string }[] } };
    return error && [error.message, ...(error.fields ?? []).map((field) => field.message)].join(' ');
  } catch {
    return undefined;
  }
}
