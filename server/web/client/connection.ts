import { io, type Socket } from 'socket.io-client';
import type { Listener, Live, SubscribeAnswer, Update } from './live.ts';

/** Pacing of reconnects: spread over the whole interval, so that a storm after a restart stays flat. */
const reconnection = { reconnectionDelay: 1000, reconnectionDelayMax: 15_000, randomizationFactor: 1 };

/** Creates the page's connection. `status` hears "lost" at once, and "back" with whether missed updates were replayed. */
export function createLive(
  status: (state: 'lost' | 'back' | 'refused', recovered: boolean) => void,
  toRefused: (room: string) => void = () => status('refused', false),
): Live {
  const rooms = new Map<string, Set<Listener>>();
  let main: Socket | undefined;
  let wasLost = false;

  const subscribe = (socket: Socket, room: string): void => {
    socket.emit('subscribe', room, (answer?: SubscribeAnswer) => {
      if (answer?.ok === false) toRefused(room);
    });
  };

  const open = (): Socket => {
    const socket = io({ transports: ['websocket', 'polling'], ...reconnection });
    socket.on('update', (update: Update) => {
      for (const listener of rooms.get(update.room) ?? []) listener(update);
    });
    socket.on('connect', () => {
      if (!socket.recovered) for (const room of rooms.keys()) subscribe(socket, room);
      if (wasLost) status('back', socket.recovered);
      wasLost = false;
    });
    socket.on('disconnect', (reason) => {
      if (reason === 'io client disconnect') return;
      wasLost = true;
      status('lost', false);
      if (reason === 'io server disconnect') setTimeout(() => socket.connect(), 1000 + Math.random() * 9000);
    });
    socket.on('connect_error', () => {
      if (!wasLost) status('lost', false);
      wasLost = true;
    });
    return socket;
  };

  const socket = (): Socket => {
    main ??= open();
    return main;
  };

  return {
    socket,
    namespace: (name) => io(name, { transports: ['websocket', 'polling'], ...reconnection }),
    follow(room, listener) {
      const known = rooms.get(room);
      const listeners = known ?? new Set<Listener>();
      listeners.add(listener);
      rooms.set(room, listeners);
      const connection = socket();
      if (!known && connection.connected) subscribe(connection, room);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
