import type { Request, Response } from 'express';
import { AppError } from '../errors.ts';
import type { Cookies } from '../web/cookies.ts';
import type { Accounts } from './accounts.service.ts';
import type { Audit } from './audit.ts';
import type { KnownBrowsers } from './known-browsers.ts';
import type { Viewer } from './scope.ts';
import type { Throttle } from './throttle.ts';

interface Deps {
  accounts: Accounts;
  audit: Audit;
  throttle: Throttle;
  browsers: KnownBrowsers;
  cookies: Cookies;
}

/** Half a year, in milliseconds. */
const REMEMBERED_MS = 180 * 86_400_000;
const COOKIE = 'xf.known';

/** Where people prove who they are: attempts are counted, and who signed in, failed or was locked out is on record. */
export class Proofs {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Runs a sign-in by what was typed as account name, phone or ID number.
   * @throws core:too-many-attempts, and what `work` throws
   */
  async signIn(request: Request, response: Response, login: string, work: () => Promise<Viewer>): Promise<Viewer> {
    const { accounts, browsers, cookies, throttle } = this.#deps;
    const person = await accounts.whoIs(login);
    const address = request.ip ?? '';
    const known = cookies.read(request, COOKIE);
    const browser = browsers.nameFor(known, person.key);
    try {
      const onLock = () => this.#note('sign-in.locked', person.id, address);
      const viewer = await throttle.attempt({ person: person.key, address, browser, onLock }, work);
      cookies.set(response, COOKIE, browsers.with(known, viewer.id), REMEMBERED_MS);
      await this.#note('sign-in.done', viewer.id, address);
      return viewer;
    } catch (error) {
      // Who goes on while locked out fills no log.
      if (error instanceof AppError && error.status !== 429) await this.#note('sign-in.failed', person.id, address);
      throw error;
    }
  }

  /**
   * Lets somebody who is signed in prove it once more by the password.
   * @throws core:too-many-attempts, core:wrong-credentials
   */
  async again(request: Request, viewer: Viewer, password: string): Promise<void> {
    const { accounts, throttle } = this.#deps;
    const attempt = { person: `password of ${viewer.id}`, address: request.ip ?? '' };
    await throttle.attempt(attempt, () => accounts.checkPassword(viewer.id, password));
  }

  /** Puts on record that somebody signed out. */
  async signedOut(request: Request, viewer: Viewer): Promise<void> {
    await this.#note('sign-in.ended', viewer.id, request.ip ?? '');
  }

  async #note(action: string, person: string | undefined, address: string): Promise<void> {
    await this.#deps.audit.record({ actor: person, action, subject: person, details: { address } });
  }
}
