import { refreshRegions } from '#client';

/** The result page reads itself again when its enrolment changed: bars move at once, the words follow. */
function followResult(): void {
  const result = document.getElementById('result');
  if (!result) return;
  let waiting = false;
  document.addEventListener('xf:update', () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      // A failed read is told by the connection line, and the next update tries again.
      refreshRegions().catch(() => {});
    }, 700);
  });
}

/** Shows the sum of the weights while they are typed. */
function sumWeights(form: HTMLFormElement): void {
  const output = form.querySelector<HTMLOutputElement>('output[data-sum]');
  const inputs = [...form.querySelectorAll<HTMLInputElement>('input[data-weight]')];
  const show = (): void => {
    const sum = inputs.reduce((total, input) => total + (Number(input.value) || 0), 0);
    const right = sum === 100;
    const figure = output?.querySelector('b');
    const words = output?.querySelector('span');
    if (figure) figure.textContent = `${sum}%`;
    if (words) words.textContent = (right ? output?.dataset.right : output?.dataset.wrong) ?? '';
  };
  form.addEventListener('input', show);
}

followResult();
for (const form of document.querySelectorAll<HTMLFormElement>('form[data-scheme]')) sumWeights(form);
