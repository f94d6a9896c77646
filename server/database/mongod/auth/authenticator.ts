import { createHmac, randomBytes } from 'node:crypto';
import { passwordOf, USER } from './password.ts';
import {
  type ClientFirst,
  type Credentials,
  deriveCredentials,
  readClientFinal,
  readClientFirst,
  verifyProof,
} from './scram.ts';

/** MongoDB's default for SCRAM-SHA-256 (parameter scramSHA256IterationCount). */
const ITERATIONS = 15_000;
/** As long as MongoDB's salts for SCRAM-SHA-256. */
const SALT_BYTES = 28;
const NONCE_BYTES = 24;
/** The database that the user belongs to. */
export const DATABASE = 'admin';

/** An exchange that the client has begun, and has to prove itself in. */
export interface Conversation {
  readonly first: ClientFirst;
  readonly serverFirst: string;
  readonly credentials: Credentials;
  readonly isUser: boolean;
}

/**
 * Checks passwords. There is one user; every other name gets a salt of its own as well, the same each time, and fails where a wrong
 * password fails, so that nobody learns which names exist. Salts are new with every start: nothing is kept but the password.
 */
export class Authenticator {
  readonly #secret: Buffer;
  readonly #credentials: Credentials;
  readonly #nobody: Credentials = { storedKey: randomBytes(32), serverKey: randomBytes(32) };

  private constructor(secret: Buffer, credentials: Credentials) {
    this.#secret = secret;
    this.#credentials = credentials;
  }

  /** Reads the password of a data folder, or makes one. @throws Error when its file cannot be read or written */
  static async open(folder: string): Promise<Authenticator> {
    const secret = randomBytes(32);
    const password = await passwordOf(folder);
    return new Authenticator(secret, await deriveCredentials(password, saltOf(secret, DATABASE, USER), ITERATIONS));
  }

  /** The exchange that a client's first message begins; undefined when it is none. `serverFirst` is the answer. */
  begin(message: string, database: string): Conversation | undefined {
    const first = readClientFirst(message);
    if (first === undefined) return undefined;
    const isUser = database === DATABASE && first.user === USER;
    const salt = saltOf(this.#secret, database, first.user).toString('base64');
    const nonce = first.nonce + randomBytes(NONCE_BYTES).toString('base64');
    const serverFirst = `r=${nonce},s=${salt},i=${ITERATIONS}`;
    return { first, serverFirst, credentials: isUser ? this.#credentials : this.#nobody, isUser };
  }

  /** The answer to the client's proof; undefined when it proves nothing. */
  finish({ first, serverFirst, credentials, isUser }: Conversation, message: string): string | undefined {
    const final = readClientFinal(message);
    if (final === undefined) return undefined;
    const signature = verifyProof(credentials, `${first.bare},${serverFirst},${final.withoutProof}`, final.proof);
    if (signature === undefined || !isUser) return undefined;
    if (!serverFirst.startsWith(`r=${final.nonce},`)) return undefined;
    if (final.channelBinding !== Buffer.from(first.gs2Header).toString('base64')) return undefined;
    return `v=${signature.toString('base64')}`;
  }
}

const saltOf = (secret: Buffer, database: string, user: string) =>
  createHmac('sha256', secret).update(`${database}\0${user}`).digest().subarray(0, SALT_BYTES);
