import { createHmac, timingSafeEqual } from 'node:crypto';

interface Signed {
  /** Epoch milliseconds, as sent in `X-Timestamp`. */
  timestamp: string;
  method: string;
  /** Path with query. */
  path: string;
  body: string;
}

/** HMAC-SHA256 in hexadecimal over time, method, path and body, so that no part can be taken elsewhere. */
export function sign(key: string, { timestamp, method, path, body }: Signed): string {
  return createHmac('sha256', key).update(`${timestamp}\n${method}\n${path}\n${body}`).digest('hex');
}

export function isSigned(key: string, signature: string, signed: Signed): boolean {
  const given = Buffer.from(signature);
  const right = Buffer.from(sign(key, signed));
  return given.length === right.length && timingSafeEqual(given, right);
}
