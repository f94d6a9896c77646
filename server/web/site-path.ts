/** Whether a browser stays here where it is sent to this path. It reads `\` as `/`, so `/\host` leads away like `//host`. */
export const isSitePath = (path: string): boolean => /^\/(?![/\\])/.test(path);

/** A path of this site that a browser can be sent to, or `/`. */
export function sitePath(path: string | undefined): string {
  return path !== undefined && isSitePath(path) ? path : '/';
}
