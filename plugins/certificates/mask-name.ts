/** A name as strangers may see it: the first character, a star for each other one. */
export function maskName(name: string): string {
  const [first = '', ...rest] = [...name.trim()];
  return first + '*'.repeat(Math.max(rest.length, 1));
}

/** Whether two ways of typing mean the same name: width, case, spaces and the dot of foreign names aside. */
export function isSameName(a: string, b: string): boolean {
  const plain = (name: string) =>
    name
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[\s\p{Cf}·•・.]/gu, '');
  return plain(a) === plain(b);
}
