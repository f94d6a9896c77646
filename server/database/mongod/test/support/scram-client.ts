import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { Binary, type Db, type Document } from 'mongodb';

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** What a client may do differently from what it should. */
export interface Tampering {
  proof?: (proof: Buffer) => Buffer;
  nonce?: (nonce: string) => string;
  binding?: string;
  conversationId?: number;
}

/** A client's side of SCRAM-SHA-256, step by step, so that a test can spoil each. */
export class ScramClient {
  readonly #db: Db;
  readonly #bare: string;
  readonly #password: string;
  serverFirst = '';
  id = 0;

  constructor(db: Db, user: string, password: string) {
    this.#db = db;
    this.#bare = `n=${user},r=${randomBytes(18).toString('base64')}`;
    this.#password = password;
  }

  async begin(options: Document = {}): Promise<Document> {
    const payload = new Binary(Buffer.from(`n,,${this.#bare}`));
    const reply = await this.#db.command({ saslStart: 1, mechanism: 'SCRAM-SHA-256', payload, ...options });
    this.serverFirst = text(reply.payload);
    this.id = reply.conversationId;
    return reply;
  }

  finish(tampering: Tampering = {}): Promise<Document> {
    const [, nonce = '', salt = '', iterations = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(this.serverFirst) ?? [];
    const binding = Buffer.from(tampering.binding ?? 'n,,').toString('base64');
    const withoutProof = `c=${binding},r=${tampering.nonce?.(nonce) ?? nonce}`;
    const salted = pbkdf2Sync(this.#password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const storedKey = createHash('sha256').update(clientKey).digest();
    const signature = hmac(storedKey, `${this.#bare},${this.serverFirst},${withoutProof}`);
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] as number)));
    const sent = tampering.proof?.(proof) ?? proof;
    return this.send(`${withoutProof},p=${sent.toString('base64')}`, tampering.conversationId);
  }

  send(payload: string, conversationId = this.id): Promise<Document> {
    return this.#db.command({ saslContinue: 1, conversationId, payload: new Binary(Buffer.from(payload)) });
  }
}

const text = (payload: Binary) => Buffer.from(payload.buffer).toString();
