import type { IncomingMessage } from 'node:http';

/**
 * Where a request came from: the same as express says with as many trusted hops. Each trusted proxy adds one address to
 * `X-Forwarded-For`; what stands before them is the sender's own word and is not believed.
 */
export function addressOf({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>, proxyHops: number): string {
  const nearest = socket.remoteAddress ?? '';
  if (proxyHops === 0) return nearest;
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
  return forwarded.at(-proxyHops) ?? forwarded[0] ?? nearest;
}
