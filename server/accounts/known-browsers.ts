import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { isSameSecret } from '../secrets.ts';

/** People whom one browser is known to: teachers share computers. */
const MAX_PEOPLE = 8;

/**
 * The cookie by which a browser proves that it has signed in as somebody before (OWASP, "Slow Down Online Guessing Attacks with
 * Device Cookies"). It opens nothing: it only lets its holder's attempts be counted apart.
 */
export class KnownBrowsers {
  readonly #key: Buffer;

  /** @param secret key material, from which the key is derived (RFC 5869) */
  constructor(secret: Buffer) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'xuefang known browsers', 32));
  }

  /** The name of the browser that holds this cookie, for a person whom it has signed in as. */
  nameFor(cookie: string | undefined, person: string): string | undefined {
    return this.#entries(cookie)
      .find((entry) => this.#isOf(entry, person))
      ?.split('.')[0];
  }

  /** The cookie with this person in it, the newest first. */
  with(cookie: string | undefined, person: string): string {
    const entries = this.#entries(cookie);
    const known = entries.find((entry) => this.#isOf(entry, person));
    const nonce = randomBytes(12).toString('base64url');
    const entry = known ?? `${nonce}.${this.#mac(nonce, person)}`;
    return [entry, ...entries.filter((other) => other !== known)].slice(0, MAX_PEOPLE).join('~');
  }

  #entries(cookie = ''): string[] {
    return cookie.split('~').filter((entry) => /^[\w-]{16}\.[\w-]{43}$/.test(entry));
  }

  #isOf(entry: string, person: string): boolean {
    const [nonce = '', mac = ''] = entry.split('.');
    return isSameSecret(mac, this.#mac(nonce, person));
  }

  #mac(nonce: string, person: string): string {
    return createHmac('sha256', this.#key).update(`${nonce} ${person}`).digest('base64url');
  }
}
