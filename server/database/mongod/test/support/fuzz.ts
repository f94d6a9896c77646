import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { deserialize, serialize } from 'bson';
import type { Document } from 'mongodb';
import { commands, nasty, randomOf } from './nasty.ts';

const HEADER = 16;
const OP_MSG = 2013;

/** Longest time that a message waits for its answer, in milliseconds; longer is a fault. */
const PATIENCE = 20_000;

/** What became of a message: the answer, `closed`, or `silent` where there was neither. */
export type Outcome = Document | 'closed' | 'silent';

/** Makes messages from a seed: valid ones with other values, other bytes, and nonsense. */
export class Messages {
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = randomOf(seed);
  }

  next(): Buffer {
    const kind = this.random();
    if (kind < 0.05) return this.noise();
    const message = this.encoded(this.document());
    if (kind < 0.6) return message;
    return this.broken(message);
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** A command with other values in some places. */
  private document(): Document {
    let command: unknown = this.pick(commands)();
    for (let change = this.below(4); change > 0; change--) command = this.changed(command, 0);
    const document = command instanceof Map || typeof command !== 'object' ? { ping: 1 } : (command as Document);
    if (this.random() < 0.03) return { ...document, maxTimeMS: this.pick(nasty)() };
    return { ...document, maxTimeMS: 300, ...(this.random() < 0.98 && { $db: 'fuzz' }) };
  }

  private changed(value: unknown, level: number): unknown {
    const isContainer = Array.isArray(value) || (typeof value === 'object' && value !== null && isPlain(value));
    if (!isContainer || (level > 0 && this.random() < 0.25)) return this.pick(nasty)();
    const names = Object.keys(value as object);
    if (names.length === 0) return this.pick(nasty)();
    const name = this.pick(level === 0 ? names.slice(this.random() < 0.3 ? 0 : 1).concat(names[0] as string) : names);
    const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Document;
    const chance = this.random();
    if (chance < 0.1 && level > 0) delete copy[name];
    else if (chance < 0.15) copy[`${name}.x`] = this.pick(nasty)();
    else copy[name] = this.changed(copy[name], level + 1);
    return Array.isArray(value) ? Object.values(copy) : copy;
  }

  private encoded(document: Document): Buffer {
    let bytes: Uint8Array;
    try {
      bytes = serialize(document, { ignoreUndefined: true });
    } catch {
      bytes = serialize({ ping: 1, $db: 'fuzz' });
    }
    const content = Buffer.concat([Buffer.from([0, 0, 0, 0, 0]), bytes]);
    return framed(OP_MSG, content);
  }

  /** The message with some bytes changed, left out or doubled; its own length is mostly right. */
  private broken(message: Buffer): Buffer {
    let bytes = Buffer.from(message);
    for (let change = 1 + this.below(4); change > 0; change--) {
      const at = HEADER + this.below(Math.min(bytes.length - HEADER, 400));
      const chance = this.random();
      if (chance < 0.5) bytes[at] = this.below(256);
      else if (chance < 0.7 && at + 4 <= bytes.length)
        bytes.writeInt32LE(this.pick([-1, 0, 1, 4, 5, 0x7fffffff, -0x80000000, bytes.length]), at);
      else if (chance < 0.8) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + this.below(9))]);
      else if (chance < 0.9) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at - this.below(9))]);
      else bytes = Buffer.from(bytes.subarray(0, at + 1));
    }
    if (this.random() < 0.9) bytes.writeInt32LE(bytes.length, 0);
    return bytes;
  }

  private noise(): Buffer {
    const bytes = Buffer.from(Array.from({ length: 20 + this.below(200) }, () => this.below(256)));
    if (this.random() < 0.7) bytes.writeInt32LE(bytes.length, 0);
    if (this.random() < 0.5) bytes.writeInt32LE(OP_MSG, 12);
    return bytes;
  }
}

const isPlain = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

function framed(kind: number, content: Buffer): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeInt32LE(HEADER + content.length, 0);
  header.writeInt32LE(kind, 12);
  return Buffer.concat([header, content]);
}

/** A connection that sends one message after the other, and connects again after it was closed. */
export class Sender {
  private socket: Socket | undefined;
  private readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  /** Sends a message; a part of one is finished by closing the connection. */
  async send(message: Buffer): Promise<Outcome> {
    if (this.socket === undefined || this.socket.destroyed) {
      this.socket = connect(this.port, '127.0.0.1').on('error', () => undefined);
      await once(this.socket, 'connect');
    }
    const socket = this.socket;
    const isWhole = message.length >= HEADER && message.readInt32LE(0) === message.length;
    const answer = this.answer(socket);
    socket.write(message);
    if (!isWhole) socket.end();
    // Flag 2: the client does not want an answer.
    if (isWhole && message.readInt32LE(12) === OP_MSG && (message[HEADER] ?? 0) & 2) socket.end();
    return answer;
  }

  private answer(socket: Socket): Promise<Outcome> {
    return new Promise((resolve) => {
      let bytes = Buffer.alloc(0);
      const done = (outcome: Outcome) => {
        clearTimeout(late);
        socket.off('data', take).off('close', closed);
        resolve(outcome);
      };
      const closed = () => done('closed');
      const late = setTimeout(() => {
        socket.destroy();
        done('silent');
      }, PATIENCE);
      const take = (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk]);
        if (bytes.length < HEADER || bytes.length < bytes.readInt32LE(0)) return;
        done(decoded(bytes));
      };
      socket.on('data', take).on('close', closed);
    });
  }

  close(): void {
    this.socket?.destroy();
  }
}

function decoded(answer: Buffer): Document {
  if (answer.readInt32LE(12) !== OP_MSG) return {};
  return deserialize(answer.subarray(HEADER + 5), { promoteValues: false, bsonRegExp: true });
}
