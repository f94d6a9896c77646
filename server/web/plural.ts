/** The form of `[person|people]` that follows a number as it is written; a text that is no such pair is kept. */
export function formFor(written: string, forms: string): string {
  const [, one, many] = /^\[([^|\]]+)\|([^|\]]+)\]$/.exec(forms) ?? [];
  return (written === '1' ? one : many) ?? forms;
}

/** `1 [person|people]` → `1 person`, `1,204 [person|people]` → `1,204 people`: the form that fits the number before it. */
export function inNumber(text: string): string {
  if (!text.includes('|')) return text;
  return text.replace(/([\d.,]+)( )(\[[^|\]]+\|[^|\]]+\])/g, (_, written: string, space: string, forms: string) => {
    return `${written}${space}${formFor(written, forms)}`;
  });
}
