import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Keeps ID numbers: encrypted for the registry's own file, hashed under a key so that they can be found. */
export class IdVault {
  readonly #cipherKey: Buffer;
  readonly #hashKey: Buffer;

  /** @param secret at least 32 bytes of key material, from which both keys are derived (RFC 5869) */
  constructor(secret: Buffer) {
    const derive = (use: string) => Buffer.from(hkdfSync('sha256', secret, '', `xuefang ${use}`, 32));
    this.#cipherKey = derive('id-number encryption');
    this.#hashKey = derive('id-number hash');
  }

  /** AES-256-GCM as base64 of nonce, tag and ciphertext. */
  seal(number: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#cipherKey, nonce);
    const text = Buffer.concat([cipher.update(number, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
  }

  /** @throws where the text was sealed under another key or altered */
  open(sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', this.#cipherKey, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  }

  hash(number: string): string {
    return createHmac('sha256', this.#hashKey).update(number).digest('base64url');
  }
}
