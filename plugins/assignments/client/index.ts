import { readPage, toast } from '#client';
import './assignments.css';

/** Ctrl + Enter anywhere in the form grades; Enter in the score does so by itself. */
function gradeByKeyboard(form: HTMLFormElement): void {
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector<HTMLButtonElement>('button[value="grade"]'));
  });
}

/** Says before a long upload what the server would say after it. */
function checkFiles(form: HTMLFormElement): void {
  const input = form.querySelector<HTMLInputElement>('input[type="file"]');
  const { maxFiles = '5', maxBytes = '0', tooLarge = '%n', tooMany = '' } = form.dataset;
  input?.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    const kept = form.querySelectorAll('input[name="keep"]:checked').length;
    const large = files.find((file) => file.size > Number(maxBytes));
    const problem = large ? tooLarge.replace('%n', large.name) : files.length + kept > Number(maxFiles) ? tooMany : '';
    input.setCustomValidity(problem);
    if (problem !== '') toast(problem, 'bad', readPage().text.close);
  });
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-grade]')) gradeByKeyboard(form);
for (const form of document.querySelectorAll<HTMLFormElement>('form[data-hand-in]')) checkFiles(form);
