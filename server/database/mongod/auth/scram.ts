import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** SCRAM-SHA-256 (RFC 5802, RFC 7677), the server's side, without input and output. */
const HASH = 'sha256';
const HASH_BYTES = 32;

/** What a server keeps of a password (RFC 5802, section 3): it cannot be turned back into one. */
export interface Credentials {
  storedKey: Buffer;
  serverKey: Buffer;
}

/** The client's first message, `gs2-header` and `client-first-message-bare`. */
export interface ClientFirst {
  gs2Header: string;
  bare: string;
  user: string;
  nonce: string;
}

/** The client's final message. */
export interface ClientFinal {
  channelBinding: string;
  nonce: string;
  proof: Buffer;
  withoutProof: string;
}

const hmac = (key: Buffer, text: string) => createHmac(HASH, key).update(text).digest();
const hash = (bytes: Buffer) => createHash(HASH).update(bytes).digest();

/** Derives the keys on a thread of the pool. */
export async function deriveCredentials(password: string, salt: Buffer, iterations: number): Promise<Credentials> {
  const salted = await promisify(pbkdf2)(password, salt, iterations, HASH_BYTES, HASH);
  return { storedKey: hash(hmac(salted, 'Client Key')), serverKey: hmac(salted, 'Server Key') };
}

/** Reads `n,,n=USER,r=NONCE`; undefined for anything else, such as a channel binding or a mandatory extension. */
export function readClientFirst(message: string): ClientFirst | undefined {
  const [, gs2Header = '', bare = '', name = '', nonce = ''] =
    /^([ny],(?:a=[^,]*)?,)(n=([^,]+),r=([!-+\--~]+)(?:,.*)?)$/s.exec(message) ?? [];
  // "=2C" is a comma and "=3D" an equals sign; no other may follow (RFC 5802, section 5.1).
  if (nonce === '' || /=(?!2C|3D)/.test(name)) return undefined;
  const user = name.replaceAll('=2C', ',').replaceAll('=3D', '=');
  return { gs2Header, bare, user, nonce };
}

/** Reads `c=BINDING,r=NONCE,p=PROOF`; undefined for anything else. */
export function readClientFinal(message: string): ClientFinal | undefined {
  const [, withoutProof = '', channelBinding = '', nonce = '', proof = ''] =
    /^(c=([A-Za-z0-9+/=]*),r=([!-+\--~]+)(?:,[^,]+)*),p=([A-Za-z0-9+/=]+)$/s.exec(message) ?? [];
  return nonce === '' ? undefined : { channelBinding, nonce, proof: Buffer.from(proof, 'base64'), withoutProof };
}

/**
 * Checks the client's proof, in a time that does not depend on what is wrong.
 * @returns the server's signature, which proves the server to the client, or undefined when the client does not know the password
 */
export function verifyProof(
  { storedKey, serverKey }: Credentials,
  authMessage: string,
  proof: Buffer,
): Buffer | undefined {
  if (proof.length !== HASH_BYTES) return undefined;
  const clientKey = hmac(storedKey, authMessage);
  for (let i = 0; i < HASH_BYTES; i++) clientKey[i] = (clientKey[i] as number) ^ (proof[i] as number);
  return timingSafeEqual(hash(clientKey), storedKey) ? hmac(serverKey, authMessage) : undefined;
}
