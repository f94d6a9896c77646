import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The link with which the first operator is made. It is tied to the platform's secret and works only while there is no
 * operator, so it is used once.
 */
export function firstOperatorLink(publicUrl: string, secret: Buffer): string {
  return `${publicUrl}/first-operator?token=${tokenOf(secret)}`;
}

export function isFirstOperatorToken(token: string, secret: Buffer): boolean {
  const expected = tokenOf(secret);
  return token.length === expected.length && timingSafeEqual(Buffer.from(token), Buffer.from(expected));
}

function tokenOf(secret: Buffer): string {
  return createHmac('sha256', secret).update('first operator').digest('base64url');
}
