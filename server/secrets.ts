import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Whether two texts are the same, in a time that says nothing about where they differ. */
export function isSameSecret(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** A short hash that only who holds the key can make again or try out. */
export function fingerprint(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(`fingerprint ${text}`).digest('base64url').slice(0, 22);
}

/** Names a signed-in session where its id, which opens it, must not stand. */
export const sessionName = (sessionId: string): string =>
  createHash('sha256').update(sessionId).digest('base64url').slice(0, 22);
