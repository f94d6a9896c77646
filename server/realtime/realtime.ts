import type { Server as HttpServer } from 'node:http';
import type { Logger } from 'pino';
import { type Namespace, Server, type Socket } from 'socket.io';
import type { Viewer } from '../accounts/scope.ts';
import { type AppError, errors, knownError } from '../errors.ts';
import { sessionName } from '../secrets.ts';
import type { Cluster } from './cluster.ts';
import { Coalescer, type RoomUpdate } from './coalescer.ts';
import { gatherWrites } from './gather.ts';
import { SocketGuard } from './guard.ts';
import { admitHandshakes, callerOf, type HandshakeDeps } from './handshakes.ts';
import { Neighbours, type Said } from './neighbours.ts';
import { clocksApartMs, OtherPlatforms } from './other-platforms.ts';
import { SessionWatch } from './session-watch.ts';
import { Told } from './told.ts';
import { Turns } from './turns.ts';

type MayJoin = (viewer: Viewer, id: string) => boolean | Promise<boolean>;

interface RealtimeDeps extends HandshakeDeps {
  server: HttpServer;
  log: Logger;
  /** Notes that a session is used; when it ends now, epoch ms, or undefined where it has ended. */
  used(session: string): Promise<number | undefined>;
  /** An error in the words of its reader. */
  explain(error: AppError, viewer: Viewer): string;
  /** At most one message per room in this time, in milliseconds. */
  intervalMs: number;
  /** Plugins' messages that are handled at the same time; the others wait for their turn. */
  messagesAtOnce: number;
  /** Joins the rooms of several server processes. */
  cluster?: Cluster | undefined;
  /** Whether other processes share the port: the requests of one long-polling connection would reach any of them. */
  websocketOnly?: boolean;
}

/** Rooms a socket may be in at most, so that one client cannot make the server remember without end. */
const mostRooms = 50;
/** What pages send by themselves: nobody need be there. */
const automatic = new Set(['subscribe', 'unsubscribe']);

/** One socket.io server: authorised subscriptions and coalesced broadcasts (design, section 7). */
export class Realtime {
  readonly io: Server;
  /** Those of the plugins' messages that are being handled. */
  readonly turns: Turns;
  readonly #coalescer: Coalescer;
  readonly #rules = new Map<string, MayJoin>();
  readonly #deps: RealtimeDeps;
  readonly #guard: SocketGuard;
  readonly #told = new Told();
  readonly #neighbours: Neighbours | undefined;
  readonly #others: OtherPlatforms | undefined;
  readonly #sessions: SessionWatch;

  constructor(deps: RealtimeDeps) {
    this.#deps = deps;
    this.turns = new Turns(deps.messagesAtOnce);
    this.io = new Server(deps.server, {
      // Nothing is kept for a socket that was away: its page reads the state again.
      ...(deps.cluster && { adapter: deps.cluster.adapter }),
      ...(deps.websocketOnly && { transports: ['websocket'] }),
      serveClient: false,
      maxHttpBufferSize: 64 * 1024,
    });
    this.#guard = new SocketGuard(deps);
    this.#sessions = new SessionWatch({
      used: deps.used,
      ends: async (session) => (await deps.signedIn(session))?.ends,
      end: (session) => this.#sayEnded(session),
      failed: (error) => deps.log.error({ err: error }, 'the end of a sign-in was not looked up'),
    });
    admitHandshakes(this.io.engine, deps);
    gatherWrites(this.io.engine);
    if (deps.cluster?.seats) this.#neighbours = this.#meet(deps.cluster.seats);
    this.#coalescer = new Coalescer({
      send: (update) => this.#send(update),
      isWatched: (room) => this.#isWatched(room),
      failed: (error) => deps.log.error({ err: error }, 'a room could not be told'),
      intervalMs: deps.intervalMs,
    });
    this.io.on('recheck', (person: string, viewer: Viewer | undefined) => {
      this.#recheck(person, viewer).catch((error) =>
        deps.log.error({ err: error, person }, 'sockets were not checked'),
      );
    });
    if (deps.cluster?.link) {
      const { io } = this;
      this.#others = new OtherPlatforms({
        io,
        link: deps.cluster.link,
        told: this.#told,
        tell: (update) => this.#tellHere(update),
      });
    }
    this.namespace('/').on('connection', (socket) => this.#serve(socket));
  }

  /** A namespace whose sockets are signed in; `socket.data.viewer` says who. */
  namespace(name: string): Namespace {
    const namespace = this.io.of(name);
    namespace.use((socket, next) => {
      const { viewer, session, ends, language, address } = callerOf(socket);
      if (!viewer) return next(errors.signInRequired());
      try {
        this.#guard.admit(socket, viewer);
      } catch (error) {
        return next(Object.assign(error as AppError, { data: this.#explained(error, viewer) }));
      }
      Object.assign(socket.data, { viewer, session: sessionName(session), language, address });
      void socket.join([`person:${viewer.id}`, `session:${session}`]);
      this.#guard.watch(socket, viewer);
      this.#sessions.enter(session, ends);
      socket.once('disconnect', () => this.#sessions.leave(session));
      socket.use(([name], go) => {
        if (!automatic.has(name)) this.#sessions.use(session);
        go();
      });
      next();
    });
    return namespace;
  }

  /** Who may join rooms `kind:ID`. */
  allow(kind: string, may: MayJoin): void {
    if (this.#rules.has(kind)) throw new Error(`rooms "${kind}" have a rule already`);
    this.#rules.set(kind, may);
  }

  /** The kinds of rooms that somebody has said who may join. */
  get kinds(): string[] {
    return [...this.#rules.keys()];
  }

  publish(room: string, event: string, value: unknown | (() => Promise<unknown>)): boolean {
    this.#told.note(room);
    return this.#coalescer.publish(room, event, value);
  }

  /** Notes a message that was refused for what it says. */
  readonly fault = (socket: Socket, viewer: Viewer): void => this.#guard.fault(socket, viewer);

  /** Ends the sockets of a session, for example on signing out. */
  endSession(sessionId: string): void {
    for (const namespace of this.io._nsps.values()) namespace.in(`session:${sessionId}`).disconnectSockets(true);
  }

  /** Ends the sockets of a session whose time is over, here, and tells their pages. */
  #sayEnded(session: string): void {
    for (const namespace of this.io._nsps.values()) {
      const own = namespace.local.in(`session:${session}`);
      own.emit('signed-out');
      // What was just sent leaves before the connection does.
      setImmediate(() => own.disconnectSockets(true));
    }
  }

  /** Ends the sockets of a person's other sessions. */
  endOthers(person: string, sessionId: string): void {
    for (const namespace of this.io._nsps.values()) {
      namespace.in(`person:${person}`).except(`session:${sessionId}`).disconnectSockets(true);
    }
  }

  /** Takes a person's sockets out of the rooms that they may be in no longer; ends them where the person is gone. */
  async recheck(person: string, viewer: Viewer | undefined): Promise<void> {
    if (this.#deps.cluster) this.io.serverSideEmit('recheck', person, viewer);
    await this.#recheck(person, viewer);
  }

  async #recheck(person: string, viewer: Viewer | undefined): Promise<void> {
    for (const namespace of this.io._nsps.values()) {
      // Not `fetchSockets`: with Redis it asks how many platforms there are, also where only this one's sockets are wanted.
      for (const id of [...(namespace.adapter.rooms.get(`person:${person}`) ?? [])]) {
        const socket = namespace.sockets.get(id);
        if (!socket) continue;
        if (!viewer) {
          socket.disconnect(true);
          continue;
        }
        socket.data.viewer = viewer;
        for (const room of socket.rooms) {
          const [kind = '', roomId = ''] = room.split(/:(.*)/s);
          const may = this.#rules.get(kind);
          if (may && !(await may(viewer, roomId))) await socket.leave(room);
        }
      }
    }
  }

  async close(): Promise<void> {
    this.#others?.close();
    this.#coalescer.close();
    this.#sessions.close();
    await this.io.close();
  }

  /** Whether a socket is in the room, or may be in it on another server process. */
  #isWatched(room: string): boolean {
    if (this.io.sockets.adapter.rooms.has(room)) return true;
    return this.#neighbours ? this.#neighbours.watch(room) : this.#deps.cluster !== undefined;
  }

  #send(update: RoomUpdate): void {
    this.#tellHere(update);
    this.#others?.pass(update);
    if (this.#neighbours?.watch(update.room)) this.#neighbours.pass(update);
  }

  #tellHere(update: RoomUpdate): void {
    if (this.io.sockets.adapter.rooms.has(update.room)) this.io.local.to(update.room).emit('update', update);
  }

  /** The other server processes of this machine. */
  #meet(seats: { own: number; others: readonly number[] }): Neighbours {
    const neighbours = new Neighbours({
      ...seats,
      told: this.#told,
      say: (message) => this.io.serverSideEmit('neighbours', message),
      tell: (update) => this.#tellHere(update),
    });
    this.io.on('neighbours', (message: Said) => neighbours.hear(message));
    this.io.of('/').adapter.on('delete-room', (room: string) => neighbours.leave(room));
    return neighbours;
  }

  #serve(socket: Socket): void {
    this.#others?.greet(socket);
    socket.on('subscribe', async (room: unknown, ...rest: unknown[]) => {
      const answer = rest.at(-1);
      const reply = typeof answer === 'function' ? (answer as (value: unknown) => void) : () => {};
      try {
        const name = await this.#join(socket, room);
        const madeAt = typeof rest[0] === 'number' ? rest[0] : undefined;
        const missed = await this.#missed(name, madeAt);
        reply({ ok: true, ...(missed && { missed }) });
      } catch (error) {
        this.fault(socket, socket.data.viewer);
        reply({ error: this.#explained(error, socket.data.viewer) });
      }
    });
    socket.on('unsubscribe', (room: unknown) => {
      // The rooms of the person and the session are not the client's to leave: signing out ends its sockets through them.
      if (typeof room === 'string' && this.#rules.has(room.split(':', 1)[0] ?? '')) void socket.leave(room);
    });
  }

  /** Whether a page that has come into a room lacks what the room was told since it was made, here or elsewhere. */
  async #missed(room: string, madeAt: number | undefined): Promise<boolean> {
    // Whoever has left meanwhile is not waited for, and the room may be empty.
    const isThere = this.io.sockets.adapter.rooms.has(room);
    const elsewhere = isThere && (await this.#neighbours?.enter(room, madeAt)) === true;
    return (
      madeAt !== undefined && (elsewhere || this.#told.since(room, this.#others ? madeAt - clocksApartMs : madeAt))
    );
  }

  async #join(socket: Socket, room: unknown): Promise<string> {
    const [, kind, id] = (typeof room === 'string' && /^([a-z-]+):([\w|-]{1,120})$/.exec(room)) || [];
    const may = kind && this.#rules.get(kind);
    if (!may || !id || socket.rooms.size >= mostRooms) throw errors.notFound();
    if (!(await may(socket.data.viewer, id))) throw errors.notFound();
    await socket.join(room as string);
    return room as string;
  }

  #explained(error: unknown, viewer: Viewer): { code: string; message: string } {
    const known = knownError(error);
    if (known.status >= 500) this.#deps.log.error({ err: error }, 'a subscription failed');
    return { code: known.code, message: this.#deps.explain(known, viewer) };
  }
}
