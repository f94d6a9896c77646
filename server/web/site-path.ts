/** A path of this site that a browser can be sent to, or `/`. Browsers read `\` as `/`, so `/\host` leads away like `//host`. */
export function sitePath(path: string | undefined): string {
  return path !== undefined && /^\/(?![/\\])/.test(path) ? path : '/';
}
