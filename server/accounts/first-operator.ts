import { createHmac } from 'node:crypto';
import { isSameSecret } from '../secrets.ts';

/**
 * The link with which the first operator is made. It is tied to the platform's secret and works only while there is no
 * operator, so it is used once.
 */
export function firstOperatorLink(publicUrl: string, secret: Buffer): string {
  return `${publicUrl}/first-operator?token=${tokenOf(secret)}`;
}

export function isFirstOperatorToken(token: string, secret: Buffer): boolean {
  return isSameSecret(token, tokenOf(secret));
}

function tokenOf(secret: Buffer): string {
  return createHmac('sha256', secret).update('first operator').digest('base64url');
}
