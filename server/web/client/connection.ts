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
type SubscribeAnswer = { ok: true; missed?: true } | { error: { code: string; message: string } };

/** Why the server cut or refused the connection, in the reader's words. */
interface Told {
  message: string;
}

/** Longer than the server bars whoever it has turned away. */
const TURNED_AWAY_MS = 31_000;

/** Pages that catch up at the same time spread themselves over this. */
const CATCH_UP_MS = 1_000;

type Status = (state: 'lost' | 'back' | 'alone' | 'refused' | 'turned-away', reason?: string) => void;

interface Deps {
  /** Server's epoch ms from which on the page may lack a change. */
  madeAt: number | undefined;
  /** Hears "lost" and "back" at once. */
  status: Status;
  /** The page is in its rooms, and changes were told before that may not be in it. */
  missed(): void;
}

/** Creates the page's connection. */
export function createLive({ madeAt, status, missed }: Deps): Live {
  const rooms = new Map<string, Set<Follower>>();
  let main: Socket | undefined;
  let wasLost = false;
  let turnedAway: string | undefined;

  /** @returns whether something was told between the page's making and its coming into the room */
  const subscribe = (socket: Socket, room: string): Promise<boolean> =>
    new Promise((resolve) => {
      socket.emit('subscribe', room, madeAt, (answer: SubscribeAnswer) => {
        if ('error' in answer) status('refused');
        else for (const { joined } of rooms.get(room) ?? []) joined?.();
        resolve('missed' in answer);
      });
    });

  const enterRooms = async (socket: Socket, wasAway: boolean): Promise<void> => {
    const told = await Promise.all([...rooms.keys()].map((room) => subscribe(socket, room)));
    if (wasAway || told.includes(true)) missed();
  };

  const open = (): Socket => {
    const socket = io({ transports: ['websocket', 'polling'], ...reconnection });
    socket.on('update', ({ room, at, values }: RoomMessage) => {
      for (const [event, value] of Object.entries(values)) {
        for (const { listener } of rooms.get(room) ?? []) listener({ room, event, value, at });
      }
    });
    socket.on('connect', () => {
      void enterRooms(socket, wasLost);
      if (wasLost) status('back');
      wasLost = false;
    });
    socket.on('disconnect', (reason) => {
      if (reason === 'io client disconnect') return;
      wasLost = true;
      if (turnedAway) status('turned-away', turnedAway);
      else status('lost');
      const pause = turnedAway ? TURNED_AWAY_MS : 1000;
      turnedAway = undefined;
      if (reason === 'io server disconnect') setTimeout(() => socket.connect(), pause + Math.random() * 9000);
    });
    socket.on('connect_error', (error: Error & { data?: Told }) => {
      if (error.data?.message) status('turned-away', error.data.message);
      else if (error.message === 'core:sign-in-required') status('refused');
      else if (!wasLost) status('lost');
      wasLost = true;
    });
    // The server has lost, or found again, the others whose changes it passes on.
    socket.on('alone', (alone: boolean) => {
      if (alone) return status('alone');
      status('back');
      setTimeout(missed, Math.random() * CATCH_UP_MS);
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
      if (!known && connection.connected) void subscribe(connection, room);
      return () => {
        followers.delete(follower);
      };
    },
  };
}
