import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { isSigned } from '../signature.ts';
import type { Ledger } from './ledger.ts';
import { recordsPage } from './page.ts';

const faultsSchema = z.object({
  /** Every answer comes this much later. */
  delayMs: z.number().int().min(0).max(60_000).default(0),
  /** So many records are answered 503 without being entered. */
  failNext: z.number().int().min(0).default(0),
  /** So many records are entered, and the connection is cut before the answer. */
  dropAfterStore: z.number().int().min(0).default(0),
});

interface Options {
  ledger: Ledger;
  /** Shared secret of the signatures. */
  key: string;
  /** Whether `POST /_faults` is served. */
  faults: boolean;
}

const freshMs = 5 * 60_000;

/** A small provincial registry over HTTP; see the plugin's README for its interface. */
export function createRegistry({ ledger, key, faults: mayFail }: Options): Server {
  let faults = faultsSchema.parse({});

  const enter = async (body: string, request: IncomingMessage, response: ServerResponse) => {
    if (faults.failNext > 0) {
      faults.failNext -= 1;
      return send(response, 503, { code: 'unavailable', reason: 'try again later' });
    }
    const entered = ledger.enter(body, new Date());
    if (faults.dropAfterStore > 0) {
      faults.dropAfterStore -= 1;
      return request.socket.destroy();
    }
    if (entered.kind === 'refused') {
      return send(response, entered.status, { code: entered.code, reason: entered.reason });
    }
    send(response, entered.kind === 'new' ? 201 : 200, view(entered.entry));
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await read(request);
    const { method = 'GET', url: path = '/' } = request;
    if (mayFail && method === 'POST' && path === '/_faults') {
      faults = faultsSchema.parse(JSON.parse(body));
      return send(response, 200, faults);
    }
    if (faults.delayMs > 0) await wait(faults.delayMs);
    if (method === 'GET' && path === '/') return send(response, 200, recordsPage(ledger.all()));
    if (!signed(request, { method, path, body })) {
      return send(response, 401, { code: 'signature', reason: 'the signature is missing, wrong or too old' });
    }
    const url = new URL(path, 'http://registry');
    if (url.pathname === '/records' && method === 'POST') return enter(body, request, response);
    if (url.pathname === '/records' && method === 'GET') {
      const idNumber = url.searchParams.get('idNumber');
      const entries = idNumber ? ledger.byIdNumber(idNumber) : ledger.all();
      return send(response, 200, { total: entries.length, records: entries.map(view) });
    }
    const [, recordKey] = /^\/records\/([\w-]+)$/.exec(url.pathname) ?? [];
    const entry = recordKey && method === 'GET' ? ledger.byKey(recordKey) : undefined;
    if (entry) return send(response, 200, view(entry));
    send(response, 404, { code: recordKey ? 'no-record' : 'no-page', reason: 'nothing is here' });
  };

  const signed = (request: IncomingMessage, of: { method: string; path: string; body: string }) => {
    const timestamp = String(request.headers['x-timestamp'] ?? '');
    if (!(Math.abs(Date.now() - Number(timestamp)) < freshMs)) return false;
    return isSigned(key, String(request.headers['x-signature'] ?? ''), { timestamp, ...of });
  };

  return createServer((request, response) => {
    serve(request, response).catch(() => send(response, 500, { code: 'internal', reason: 'the registry failed' }));
  });
}

const view = ({ number, at, record }: ReturnType<Ledger['all']>[number]) => ({ number, at, ...record });

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > 64 * 1024) throw new Error('too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function send(response: ServerResponse, status: number, value: object | string): void {
  if (response.destroyed) return;
  const html = typeof value === 'string';
  response.writeHead(status, { 'content-type': html ? 'text/html; charset=utf-8' : 'application/json' });
  response.end(html ? value : JSON.stringify(value));
}
