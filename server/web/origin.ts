import type { IncomingMessage } from 'node:http';

/**
 * Whether a browser sends this on behalf of another site: by Fetch Metadata, else by the origin. Programs, which say
 * neither, are let through to the token. Other sites cannot set the forwarding header, and behind a proxy that rewrites
 * `Host` it is the one that says what people see.
 */
export function isForeign({ headers }: Pick<IncomingMessage, 'headers'>, publicUrl: string | undefined): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = headers;
  if (origin === undefined) return false;
  const ours = [headers.host, headers['x-forwarded-host'], publicUrl && hostOf(publicUrl)];
  return !ours.includes(hostOf(origin) ?? 'nowhere');
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
