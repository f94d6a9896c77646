import { Timestamp } from 'bson';

const OPERATION_TIME = Buffer.from('operationTime\0');
const CLUSTER_TIME = Buffer.from('$clusterTime\0');
const INNER_TIME = Buffer.from('clusterTime\0');
const SIGNATURE = Buffer.concat([
  Buffer.from([3]),
  Buffer.from('signature\0'),
  Buffer.from([51, 0, 0, 0, 5]),
  Buffer.from('hash\0'),
  Buffer.from([20, 0, 0, 0, 0]),
  Buffer.alloc(20),
  Buffer.from([18]),
  Buffer.from('keyId\0'),
  Buffer.alloc(8),
  Buffer.from([0]),
]);

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

  private build(): Buffer {
    const time = Buffer.alloc(8);
    time.writeUInt32LE(this.increment, 0);
    time.writeUInt32LE(this.seconds, 4);
    const inner = Buffer.concat([Buffer.from([17]), INNER_TIME, time, SIGNATURE, Buffer.from([0])]);
    const size = Buffer.alloc(4);
    size.writeInt32LE(inner.length + 4, 0);
    return Buffer.concat([
      Buffer.from([17]),
      OPERATION_TIME,
      time,
      Buffer.from([3]),
      CLUSTER_TIME,
      size,
      inner,
      Buffer.from([0]),
    ]);
  }

  /** Adds the time to an encoded answer. */
  stamp(reply: Buffer): Buffer {
    const stamped = Buffer.allocUnsafe(reply.length - 1 + this.suffix.length);
    reply.copy(stamped, 0, 0, reply.length - 1);
    this.suffix.copy(stamped, reply.length - 1);
    stamped.writeInt32LE(stamped.length, 0);
    return stamped;
  }
}
