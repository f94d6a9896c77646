/** The largest message, in bytes. */
export const MAX_MESSAGE_BYTES = 48_000_000;

/** The largest message of a client that has not given the password yet: MongoDB's preAuthMaximumMessageSizeBytes. */
export const MAX_STRANGER_BYTES = 16 * 1024;

/** The bytes of a message's header: its length, its number, the number it answers, its kind. */
export const HEADER = 16;

/** A message that is not one: there is no telling where the next would begin, so its connection ends. */
export class ProtocolError extends Error {}

/** The room that a message gets at first where it arrives in parts, in bytes; it grows with what has arrived. */
const FIRST_ROOM = 64 * 1024;

/** Cuts the bytes of one connection into messages. Keeps no more than has arrived, whatever length a message claims. */
export class Framing {
  /** The arrived bytes lie in `buffer` from `start` to `end`. */
  private buffer: Buffer = Buffer.alloc(0);
  private start = 0;
  private end = 0;

  /** The bytes that have arrived and are not yet part of a message that was taken. */
  get held(): number {
    return this.end - this.start;
  }

  push(chunk: Buffer): void {
    if (this.held === 0) {
      this.buffer = chunk;
      this.start = 0;
      this.end = chunk.length;
      return;
    }
    this.makeRoom(chunk.length);
    this.end += chunk.copy(this.buffer, this.end);
  }

  private makeRoom(size: number): void {
    const needed = this.held + size;
    if (this.end + size <= this.buffer.length) return;
    const room = Math.max(needed, Math.min(2 * this.held, MAX_MESSAGE_BYTES), FIRST_ROOM);
    const larger = Buffer.allocUnsafeSlow(room);
    this.buffer.copy(larger, 0, this.start, this.end);
    this.end = this.held;
    this.start = 0;
    this.buffer = larger;
  }

  /**
   * Takes the next message, undefined while it is not complete.
   * @throws ProtocolError for a length that no message has, or that is beyond the limit
   */
  next(limit: number): Buffer | undefined {
    if (this.held < 4) return undefined;
    const size = this.buffer.readInt32LE(this.start);
    if (size < HEADER || size > limit) throw new ProtocolError(`message of ${size} bytes`);
    if (this.held < size) return undefined;
    const message = this.buffer.subarray(this.start, this.start + size);
    this.start += size;
    if (this.held === 0) this.buffer = Buffer.alloc(0);
    return message;
  }
}
