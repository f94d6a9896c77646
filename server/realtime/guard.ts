import type { Socket } from 'socket.io';
import type { Viewer } from '../accounts/scope.ts';
import { type AppError, errors } from '../errors.ts';
import type { Limits } from '../limits/limits.ts';
import { callerOf } from './handshakes.ts';

interface Deps {
  limits: Limits;
  explain(error: AppError, viewer: Viewer): string;
}

/** What a connection has sent above its limit; every namespace of it shares one. */
interface Conduct {
  over: boolean;
  strikes: number;
  sockets: Set<Socket>;
}

/** Sockets of one person in one namespace of a process: more tabs and devices than anybody has. */
const mostSockets = 20;
/** Refused messages after which a connection is cut. */
const mostStrikes = 200;
const faultStrikes = 10;

/** Watches what comes over sockets: messages above the limit are answered with a reason, and a flood is cut off. */
export class SocketGuard {
  readonly #deps: Deps;
  readonly #conduct = new WeakMap<object, Conduct>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** @throws core:too-many-sockets where the person has enough of them */
  admit({ nsp }: Socket, viewer: Viewer): void {
    const open = nsp.adapter.rooms.get(`person:${viewer.id}`)?.size ?? 0;
    if (open < mostSockets) return;
    this.#deps.limits.refuse('sockets');
    throw errors.tooManySockets();
  }

  watch(socket: Socket, viewer: Viewer): void {
    const conduct = this.#of(socket, viewer);
    conduct.sockets.add(socket);
    socket.once('disconnect', () => conduct.sockets.delete(socket));
    socket.use(([name, ...values], next) => {
      const isKnown = socket.listenerCount(name) > 0;
      if (isKnown && !conduct.over) return next();
      if (!isKnown) this.#strike(conduct, socket, viewer, 'unknown');
      const answer = values.at(-1);
      if (typeof answer !== 'function') return;
      answer({ error: this.#told(isKnown ? errors.tooManyRequests() : errors.notFound(), viewer) });
    });
  }

  /** A message that was refused for what it says: an honest page sends none. */
  fault({ conn }: Socket, viewer: Viewer): void {
    this.#deps.limits.faultyMessage(viewer.id);
    const conduct = this.#conduct.get(conn);
    if (conduct) conduct.strikes += faultStrikes;
  }

  #of({ conn }: Socket, viewer: Viewer): Conduct {
    const known = this.#conduct.get(conn);
    if (known) return known;
    const conduct: Conduct = { over: false, strikes: 0, sockets: new Set() };
    this.#conduct.set(conn, conduct);
    conn.on('packet', ({ type, data }: { type: string; data?: { length: number } }) => {
      if (type !== 'message') return;
      conduct.over = !this.#deps.limits.message(viewer.id, data?.length ?? 0);
      if (conduct.over) this.#strike(conduct, [...conduct.sockets][0], viewer);
      else if (conduct.strikes > 0) conduct.strikes -= 0.1;
    });
    return conduct;
  }

  #strike(conduct: Conduct, socket: Socket | undefined, viewer: Viewer, also?: 'unknown'): void {
    if (also) this.#deps.limits.refuse(also);
    conduct.strikes += 1;
    if (!socket || conduct.strikes <= mostStrikes) return;
    conduct.strikes = 0;
    this.#deps.limits.bar(callerOf(socket).session);
    for (const one of conduct.sockets) one.emit('turned-away', this.#told(errors.tooManyRequests(), viewer));
    // What was just sent leaves before the connection does.
    setImmediate(() => socket.disconnect(true));
  }

  #told(error: AppError, viewer: Viewer): { code: string; message: string } {
    return { code: error.code, message: this.#deps.explain(error, viewer) };
  }
}
