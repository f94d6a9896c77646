import type { Server, Socket } from 'socket.io';
import type { Cluster } from './cluster.ts';
import type { RoomUpdate } from './coalescer.ts';
import type { Told } from './told.ts';

/** How far the clocks of two machines may be apart, in milliseconds: a page can be made on one and follow its rooms on another. */
export const clocksApartMs = 1_000;
/** Platforms that come back at the same time make the pages read again once. */
const gatherMs = 250;

interface Deps {
  io: Server;
  link: NonNullable<Cluster['link']>;
  told: Pick<Told, 'note' | 'forget'>;
  /** Tells whoever is in the room in this process. */
  tell(update: RoomUpdate): void;
}

/**
 * What this platform and those on other machines tell each other. While the line between them is lost the pages here say that
 * figures may be old; when it is back on either side they read the state again.
 */
export class OtherPlatforms {
  readonly #deps: Deps;
  #updates: RoomUpdate[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
    const { io, link, told, tell } = deps;
    io.on('updates', (updates: RoomUpdate[]) => {
      for (const update of updates) {
        told.note(update.room);
        tell(update);
      }
    });
    // What the other told while it was alone has not come here.
    io.on('joined', () => this.#catchUp());
    link.onChange((joined) => {
      if (!joined) {
        io.local.emit('alone', true);
        return;
      }
      io.serverSideEmit('joined');
      this.#catchUp();
    });
  }

  /** Tells the others of a change, with everything else of the same turn; nothing while the line is lost. */
  pass(update: RoomUpdate): void {
    if (!this.#deps.link.isJoined()) return;
    this.#updates.push(update);
    if (this.#updates.length > 1) return;
    setImmediate(() => {
      const updates = this.#updates;
      this.#updates = [];
      this.#deps.io.serverSideEmit('updates', updates);
    });
  }

  /** Tells a page that has just come whether this platform is alone. */
  greet(socket: Socket): void {
    if (!this.#deps.link.isJoined()) socket.emit('alone', true);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #catchUp(): void {
    this.#deps.told.forget();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#deps.told.forget();
      if (this.#deps.link.isJoined()) this.#deps.io.local.emit('alone', false);
    }, gatherMs);
  }
}
