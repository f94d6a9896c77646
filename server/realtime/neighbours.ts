import type { RoomUpdate } from './coalescer.ts';
import type { Told } from './told.ts';

/** What the server processes of one machine say to one another; everybody hears everything, in the order it was said. */
export type Said =
  /** A process has begun, and its rooms are empty; the others say theirs. */
  | { kind: 'begun'; from: number }
  | { kind: 'rooms'; from: number; to: number; rooms: string[] }
  /** Rooms that were entered, with the moment since which the page may have missed something, and rooms that became empty. */
  | { kind: 'moved'; from: number; number: number; moves: Move[] }
  /** The answer: which of those moves missed something. */
  | { kind: 'missed'; from: number; to: number; number: number; moves: number[] }
  | { kind: 'updates'; updates: RoomUpdate[] };

type Move = { room: string; since?: number | undefined } | { room: string; left: true };

/** Those of a turn's moves that wait for the answer, each at the place of its own. */
type Settle = ((missed: boolean) => void) | undefined;

interface Asked {
  /** Those who have not answered. */
  open: Set<number>;
  settle: Settle[];
  missed: Set<number>;
  timer: NodeJS.Timeout;
}

interface Deps {
  /** This process's number, and those of the others. */
  own: number;
  others: readonly number[];
  told: Pick<Told, 'since'>;
  say(message: Said): void;
  /** Tells whoever is in the room in this process. */
  tell(update: RoomUpdate): void;
  /** How long the others may take to answer, in milliseconds. */
  patienceMs?: number;
}

/**
 * Which rooms somebody is in on the other server processes of this machine, and what has to be said to keep that known. A
 * change is passed on only where somebody is: most rooms are one learner's, whose page is on one process, and a message
 * between processes for every room of every commit cost as much as a third of the beats.
 */
export class Neighbours {
  readonly #deps: Deps;
  /** The rooms of each process that has said its own. */
  readonly #rooms = new Map<number, Set<string>>();
  /** The rooms that this process has said it is in. */
  readonly #own = new Set<string>();
  readonly #asked = new Map<number, Asked>();
  #moves: Move[] = [];
  #settle: Settle[] = [];
  #updates: RoomUpdate[] = [];
  #number = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
    deps.say({ kind: 'begun', from: deps.own });
  }

  /** Whether somebody may be in the room elsewhere: of a process that has not said its rooms, anybody may be in any. */
  watch(room: string): boolean {
    if (this.#rooms.size < this.#deps.others.length) return true;
    for (const rooms of this.#rooms.values()) if (rooms.has(room)) return true;
    return false;
  }

  /** Passes an update on, with everything else of the same turn. */
  pass(update: RoomUpdate): void {
    this.#updates.push(update);
    if (this.#updates.length > 1) return;
    setImmediate(() => {
      const updates = this.#updates;
      this.#updates = [];
      this.#deps.say({ kind: 'updates', updates });
    });
  }

  /**
   * Says that somebody has come into a room here; from the answer on its changes arrive.
   * @param since epoch ms from which on the page may lack a change
   * @returns whether another process has told the room something since, or may have
   */
  enter(room: string, since: number | undefined): Promise<boolean> {
    this.#own.add(room);
    return new Promise((resolve) => {
      this.#settle[this.#move({ room, since })] = resolve;
    });
  }

  /** Says that nobody is in a room any more here. */
  leave(room: string): void {
    if (this.#own.delete(room)) this.#move({ room, left: true });
  }

  hear(message: Said): void {
    if (message.kind === 'updates') for (const update of message.updates) this.#deps.tell(update);
    else if (message.kind === 'begun') this.#welcome(message.from);
    else if (message.kind === 'moved') this.#follow(message);
    else if (message.to !== this.#deps.own) return;
    else if (message.kind === 'rooms') this.#rooms.set(message.from, new Set(message.rooms));
    else this.#answered(message.number, message.from, message.moves);
  }

  #welcome(from: number): void {
    const { own, say } = this.#deps;
    this.#rooms.set(from, new Set());
    say({ kind: 'rooms', from: own, to: from, rooms: [...this.#own] });
  }

  #follow({ from, number, moves }: Said & { kind: 'moved' }): void {
    const { own, told, say } = this.#deps;
    const rooms = this.#rooms.get(from);
    const missed: number[] = [];
    for (const [index, move] of moves.entries()) {
      if ('left' in move) rooms?.delete(move.room);
      else {
        rooms?.add(move.room);
        if (move.since !== undefined && told.since(move.room, move.since)) missed.push(index);
      }
    }
    if (moves.some((move) => !('left' in move))) say({ kind: 'missed', from: own, to: from, number, moves: missed });
  }

  /** @returns its place among the moves of this turn, which are said together */
  #move(move: Move): number {
    if (this.#moves.length === 0) setImmediate(() => this.#say());
    return this.#moves.push(move) - 1;
  }

  #say(): void {
    const { own, others, say, patienceMs = 1_000 } = this.#deps;
    const [number, moves, settle] = [this.#number++, this.#moves, this.#settle];
    [this.#moves, this.#settle] = [[], []];
    say({ kind: 'moved', from: own, number, moves });
    if (settle.length === 0) return;
    // Who is silent has ended, or is too busy to be waited for: the page reads the state again.
    const timer = setTimeout(() => this.#settleAll(number, true), patienceMs);
    timer.unref();
    this.#asked.set(number, { open: new Set(others), settle, missed: new Set(), timer });
  }

  #answered(number: number, from: number, moves: readonly number[]): void {
    const asked = this.#asked.get(number);
    if (!asked?.open.delete(from)) return;
    for (const move of moves) asked.missed.add(move);
    if (asked.open.size === 0) this.#settleAll(number, false);
  }

  #settleAll(number: number, missed: boolean): void {
    const asked = this.#asked.get(number);
    if (!asked) return;
    this.#asked.delete(number);
    clearTimeout(asked.timer);
    for (const [move, settle] of asked.settle.entries()) settle?.(missed || asked.missed.has(move));
  }
}
