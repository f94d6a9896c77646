import { Binary, Long, Timestamp } from 'bson';
import { encode } from './values/codec.ts';

/** Clients send it back; nobody checks it. */
const signature = { hash: new Binary(Buffer.alloc(20)), keyId: Long.ZERO };

/** The logical time of the replica set: it advances with every group of writes. */
export class Clock {
  private seconds = Math.floor(Date.now() / 1000);
  private increment = 1;
  private suffix: Buffer = this.build();

  tick(): void {
    const now = Math.floor(Date.now() / 1000);
    if (now > this.seconds) {
      this.seconds = now;
      this.increment = 1;
    } else this.increment++;
    this.suffix = this.build();
  }

  get now(): Timestamp {
    return new Timestamp({ t: this.seconds, i: this.increment });
  }

  /** The fields that every answer ends in, with the byte that ends a document. */
  private build(): Buffer {
    const { now } = this;
    return encode({ operationTime: now, $clusterTime: { clusterTime: now, signature } }).subarray(4);
  }

  /** Adds the time to an encoded answer. */
  stamp(reply: Buffer): Buffer {
    const stamped = Buffer.concat([reply.subarray(0, -1), this.suffix]);
    stamped.writeInt32LE(stamped.length, 0);
    return stamped;
  }
}
