import type { Socket } from 'socket.io-client';

/** One change of a room, as the server's realtime sends it; `at` in epoch ms. */
export interface Update {
  room: string;
  event: string;
  value: unknown;
  at: number;
}

export type Listener = (update: Update) => void;

/** The one connection of a page: rooms followed, updates delivered, losses told. */
export interface Live {
  /**
   * Follows a room; the listener gets every update of it from now on. Returns a function that stops listening.
   * @param joined called when the page has come into the room, first and after a loss: it may have missed what was said before
   */
  follow(room: string, listener: Listener, joined?: () => void): () => void;
  /** The default namespace's socket, connected at the first use. */
  socket(): Socket;
  /** A plugin's own namespace (`/video-courses`), over the same connection. */
  namespace(name: string): Socket;
}

/** The page's connection, made by core.ts; plugins call this after the document is ready. */
export function live(): Live {
  const made = (window as Window & { xuefang?: { live: Live } }).xuefang?.live;
  if (!made) throw new Error('core.js must run before the script of a plugin');
  return made;
}
