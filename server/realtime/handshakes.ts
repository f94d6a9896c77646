import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'socket.io';
import type { Viewer } from '../accounts/scope.ts';
import type { Language } from '../languages.ts';
import { addressOf } from '../limits/address-of.ts';
import type { ProvenSession } from '../limits/limit-requests.ts';
import type { Limits } from '../limits/limits.ts';
import { isForeign } from '../web/origin.ts';
import { Pace } from './pace.ts';
import { Turns } from './turns.ts';

/** Who is at the other end of a connection. */
export interface Caller {
  session: string;
  viewer: Viewer | undefined;
  /** When the session ends unless it is used, epoch ms. */
  ends: number;
  language: Language;
  address: string;
}

export interface HandshakeDeps {
  limits: Limits;
  provenSession: ProvenSession;
  /** Whom a session stands for, and until when, epoch ms. */
  signedIn(session: string): Promise<{ viewer: Viewer; ends: number } | undefined>;
  languageOf(request: Pick<IncomingMessage, 'headers'>, viewer: Viewer | undefined): Language;
  /** Where people reach the platform, if that is configured. */
  publicUrl: string | undefined;
  proxyHops: number;
}

type EngineRequest = IncomingMessage & { _query?: { sid?: string }; caller?: Caller };
type Connection = { request: EngineRequest };
type Next = (error?: Error) => void;

/** Handshakes that are looked up at the same time, and connections that are made in one turn of the event loop. */
const [atOnce, perTurn] = [64, 2];

/**
 * Lets in pages of this site alone, nobody faster than the limits, and a few at a time; `callerOf` says who has come. Of a
 * connection's request nothing else is kept: it would be a third of what a connection costs.
 */
export function admitHandshakes(engine: Server['engine'], deps: HandshakeDeps): void {
  const { limits, provenSession, signedIn, languageOf, publicUrl, proxyHops } = deps;
  const lookups = new Turns(atOnce);
  const pace = new Pace(perTurn);

  const identify = async (request: EngineRequest, session: string, address: string): Promise<Caller> => {
    // Who has waited too long has gone and comes again.
    if (request.socket.destroyed) throw new Error('gone');
    const { viewer, ends = 0 } = (session && (await signedIn(session))) || {};
    await pace.turn();
    return { session, viewer, ends, language: languageOf(request, viewer), address };
  };

  engine.use((request: EngineRequest, response: object, next: Next) => {
    const isKnown = request._query?.sid !== undefined;
    const address = addressOf(request, proxyHops);
    const session = provenSession(request);
    const may = isForeign(request, publicUrl)
      ? limits.refuse('foreign')
      : isKnown
        ? limits.request(session, address, 0)
        : limits.handshake(session, address);
    if (!may) next(new Error('turned away'));
    else if (isKnown) next();
    else {
      lookups
        .run(() => identify(request, session ?? '', address))
        .then((caller) => {
          request.caller = caller;
          // What stands for the response of a websocket's request lives as long as the connection, and would keep the request.
          if (!(response instanceof ServerResponse)) Object.assign(response, { req: undefined });
          next();
        }, next);
    }
  });
  engine.on('connection', (connection: Connection) => {
    connection.request = remembered(connection.request);
  });
}

/** @throws Error where the connection did not come through `admitHandshakes` */
export function callerOf({ request }: Pick<Socket, 'request'>): Caller {
  const { caller } = request as EngineRequest;
  if (!caller) throw new Error('a connection without a handshake');
  return caller;
}

/** What socket.io reads of a request for the `handshake` of its sockets. */
const remembered = ({ caller }: EngineRequest): EngineRequest =>
  ({ caller, headers: {}, connection: {} }) as unknown as EngineRequest;
