import type { IncomingHttpHeaders } from 'node:http';
import type { Response } from 'express';

/**
 * The platform's cookies. Under https each is `Secure` and has the prefix `__Host-`, with which browsers refuse what another
 * host of the same domain, or a page without https, tries to set (RFC 6265bis, section 4.1.3); a local http address has neither.
 */
export class Cookies {
  readonly secure: boolean;

  constructor(secure: boolean) {
    this.secure = secure;
  }

  /** What a cookie is called here. */
  named(name: string): string {
    return this.secure ? `__Host-${name}` : name;
  }

  read({ headers }: { headers: Pick<IncomingHttpHeaders, 'cookie'> }, name: string): string | undefined {
    const wanted = `${this.named(name)}=`;
    const found = headers.cookie?.split('; ').find((one) => one.startsWith(wanted));
    try {
      return found && decodeURIComponent(found.slice(wanted.length));
    } catch {
      return undefined;
    }
  }

  /** @param maxAge in milliseconds; without it the browser forgets the cookie when it is closed */
  set(response: Response, name: string, value: string, maxAge?: number): void {
    response.cookie(this.named(name), value, { ...this.#options, ...(maxAge !== undefined && { maxAge }) });
  }

  clear(response: Response, name: string): void {
    response.clearCookie(this.named(name), this.#options);
  }

  get #options() {
    return { path: '/', httpOnly: true, sameSite: 'lax', secure: this.secure } as const;
  }
}
