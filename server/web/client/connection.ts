import { io, type Socket } from 'socket.io-client';
import type { Listener, Live, Update } from './live.ts';

/** One coalesced message of a room: the newest value of each event. */
interface RoomMessage {
  room: string;
  at: Update['at'];
  values: Record<Update['event'], Update['value']>;
}

/** What a subscription is answered with; an error where the room is not the viewer's. */
type SubscribeAnswer = { ok: true } | { error: { code: string; message: string } };

/** Pacing of reconnects: spread over the whole interval, so that a storm after a restart stays flat. */
const reconnection = { reconnectionDelay: 1000, reconnectionDelayMax: 15_000, randomizationFactor: 1 };

/** Creates the page's connection. `status` hears "lost" at once, and "back" with whether missed updates were replayed. */
export function createLive(status: (state: 'lost' | 'back' | 'refused', recovered: boolean) => void): Live {
  const rooms = new Map<string, Set<Listener>>();
  let main: Socket | undefined;
  let wasLost = false;

  const subscribe = (socket: Socket, room: string): void => {
    socket.emit('subscribe', room, (answer?: SubscribeAnswer) => {
      if (answer && 'error' in answer) status('refused', false);
    });
  };

  const open = (): Socket => {
    const socket = io({ transports: ['websocket', 'polling'], ...reconnection });
    socket.on('update', ({ room, at, values }: RoomMessage) => {
      for (const [event, value] of Object.entries(values)) {
        for (const listener of rooms.get(room) ?? []) listener({ room, event, value, at });
      }
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
