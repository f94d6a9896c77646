import { z } from 'zod';
import { maskIdNumber } from '#platform';
import type { Adapter, Answer, Found } from './adapter.ts';
import { sign } from './signature.ts';

interface Options {
  url: string;
  key: string;
  /** Time limit of one request, in milliseconds. */
  timeoutMs: number;
}

const acceptedBody = z.object({ number: z.string().min(1) });
/** A registry may quote the ID number it refuses; here it is masked before anybody keeps it. */
const reasonText = z.string().transform((text) => text.slice(0, 500).replace(/\d{17}[\dXx]/g, maskIdNumber));
const refusedBody = z.object({ code: z.string().max(60), reason: reasonText });

/** Codes of a connection that was never made, so that nothing can have been stored. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const refusals = new Set([400, 409, 413, 422]);
const certainlyNotStored = new Set([401, 403, 404, 405, 408, 425, 429]);

/** Registers over HTTP: signed JSON, an `Idempotency-Key`, and an honest answer about what is not known. */
export function httpAdapter({ url, key, timeoutMs }: Options): Adapter {
  const base = new URL(url.endsWith('/') ? url : `${url}/`);

  const request = (method: string, target: string, signal: AbortSignal, body = '', headers = {}) => {
    const address = new URL(target, base);
    const timestamp = String(Date.now());
    const path = address.pathname + address.search;
    return fetch(address, {
      method,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      headers: {
        ...headers,
        accept: 'application/json',
        'x-timestamp': timestamp,
        'x-signature': sign(key, { timestamp, method, path, body }),
      },
      ...(body && { body }),
    });
  };

  return {
    async submit(record, signal): Promise<Answer> {
      try {
        const headers = { 'content-type': 'application/json', 'idempotency-key': record.key };
        const response = await request('POST', 'records', signal, JSON.stringify(record), headers);
        return await answerOf(response);
      } catch (error) {
        return failure(error);
      }
    },
    async find(recordKey, signal): Promise<Found> {
      try {
        const response = await request('GET', `records/${encodeURIComponent(recordKey)}`, signal);
        const body = refusedBody.safeParse(await json(response.clone()));
        if (response.status === 404 && body.data?.code === 'no-record') return { kind: 'absent' };
        const answer = await answerOf(response);
        return answer.kind === 'refused' ? { kind: 'unknown', reason: answer.reason } : answer;
      } catch (error) {
        return failure(error);
      }
    },
  };
}

async function answerOf(response: Response): Promise<Answer> {
  const { status } = response;
  const body = await json(response);
  const accepted = acceptedBody.safeParse(body);
  if (response.ok && accepted.success) return { kind: 'accepted', number: accepted.data.number };
  const said = refusedBody.safeParse(body);
  const reason = said.success ? `HTTP ${status}: ${said.data.reason}` : `HTTP ${status}`;
  // Only the registry's own words refuse a record: a gateway before it answers 400 as well, and then nobody knows.
  if (refusals.has(status) && said.success) return { kind: 'refused', code: said.data.code, reason: said.data.reason };
  if (!certainlyNotStored.has(status)) return { kind: 'unknown', reason };
  const seconds = Number(response.headers.get('retry-after'));
  return { kind: 'later', reason, ...(seconds > 0 && { afterMs: Math.min(seconds, 3600) * 1000 }) };
}

async function json(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failure(error: unknown): Answer {
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  if (cause?.code && neverSent.has(cause.code)) return { kind: 'later', reason: cause.code };
  return { kind: 'unknown', reason: cause?.code ?? (name === 'TimeoutError' ? 'timeout' : (name ?? 'network')) };
}
