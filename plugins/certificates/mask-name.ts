/** A name as strangers may see it: the first character, a star for each other one. */
export function maskName(name: string): string {
  const [first = '', ...rest] = [...name.trim()];
  return first + '*'.repeat(Math.max(rest.length, 1));
}
