import { io, type Socket } from 'socket.io-client';
import type { Listener, Live, Update } from './live.ts';
import { reconnection } from './reconnection.ts';

/** One coalesced message of a room: the newest value of each event. */
interface RoomMessage {
  room: string;
  at: Update['at'];
  values: Record<Update['event'], Update['value']>;
}

/** Who follows a room in this page. */
interface Follower {
  listener: Listener;
  joined: (() => void) | undefined;
}

/** What a subscription is answered with; an error where the room is not the viewer's. */
type SubscribeAnswer = { ok: true } | { error: { code: string; message: string } };

/** Why the server cut or refused the connection, in the reader's words. */
interface Told {
  message: string;
}

/** Longer than the server bars whoever it has turned away. */
const TURNED_AWAY_MS = 31_000;

type Status = (state: 'lost' | 'back' | 'refused' | 'turned-away', recovered: boolean, reason?: string) => void;

/** Creates the page's connection. `status` hears "lost" at once, and "back" with whether missed updates were replayed. */
export function createLive(status: Status): Live {
  const rooms = new Map<string, Set<Follower>>();
  let main: Socket | undefined;
  let wasLost = false;
  let turnedAway: string | undefined;

  const subscribe = (socket: Socket, room: string): void => {
    socket.emit('subscribe', room, (answer?: SubscribeAnswer) => {
      if (answer && 'error' in answer) status('refused', false);
      else for (const { joined } of rooms.get(room) ?? []) joined?.();
    });
  };

  const open = (): Socket => {
    const socket = io({ transports: ['websocket', 'polling'], ...reconnection });
    socket.on('update', ({ room, at, values }: RoomMessage) => {
      for (const [event, value] of Object.entries(values)) {
        for (const { listener } of rooms.get(room) ?? []) listener({ room, event, value, at });
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
      if (turnedAway) status('turned-away', false, turnedAway);
      else status('lost', false);
      const pause = turnedAway ? TURNED_AWAY_MS : 1000;
      turnedAway = undefined;
      if (reason === 'io server disconnect') setTimeout(() => socket.connect(), pause + Math.random() * 9000);
    });
    socket.on('connect_error', (error: Error & { data?: Told }) => {
      if (error.data?.message) status('turned-away', false, error.data.message);
      else if (!wasLost) status('lost', false);
      wasLost = true;
    });
    socket.on('turned-away', ({ message }: Told) => {
      turnedAway = message;
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
    follow(room, listener, joined) {
      const known = rooms.get(room);
      const followers = known ?? new Set<Follower>();
      const follower: Follower = { listener, joined };
      followers.add(follower);
      rooms.set(room, followers);
      const connection = socket();
      if (!known && connection.connected) subscribe(connection, room);
      return () => {
        followers.delete(follower);
      };
    },
  };
}
