import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

interface Handlers {
  /** One engine.io message. */
  text(message: string): void;
  /** The connection is gone, or was never made. */
  closed(): void;
}

/** One process reads one socket at a time: all share this buffer, so that 10,000 of them fit beside the platform. */
const shared = Buffer.allocUnsafe(64 * 1024);

/**
 * The browser's side of engine.io over a WebSocket, as small as it goes: the load generator shares the machine with what
 * it measures. Pings are answered; masks are zero, which RFC 6455 allows.
 */
export class Wire {
  readonly #socket: Socket;
  readonly #handlers: Handlers;
  #rest: Buffer | undefined;
  #open = false;

  constructor(url: URL, cookie: string, handlers: Handlers) {
    this.#handlers = handlers;
    this.#socket = connect({
      port: Number(url.port),
      host: url.hostname,
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (length) => {
          this.#read(shared.subarray(0, length));
          return true;
        },
      },
    });
    this.#socket.once('connect', () => this.#socket.write(upgrade(url, cookie)));
    this.#socket.on('error', () => {});
    this.#socket.once('close', () => handlers.closed());
  }

  send(message: string): void {
    const length = Buffer.byteLength(message);
    const long = length > 125;
    const frame = Buffer.allocUnsafe((long ? 8 : 6) + length);
    frame[0] = 0x81;
    frame[1] = 0x80 | (long ? 126 : length);
    if (long) frame.writeUInt16BE(length, 2);
    frame.writeUInt32BE(0, long ? 4 : 2);
    frame.write(message, long ? 8 : 6);
    this.#socket.write(frame);
  }

  /** Drops the connection without a word, as a lost network does. */
  drop(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    let data = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    if (!this.#open) {
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#keep(data);
        return;
      }
      if (!data.subarray(0, 12).toString('latin1').endsWith('101')) {
        this.drop();
        return;
      }
      this.#open = true;
      data = data.subarray(end + 4);
    }
    while (data.length > 0) {
      const frame = firstFrame(data);
      if (!frame) {
        this.#keep(data);
        return;
      }
      if (frame.opcode === 8) {
        this.drop();
        return;
      }
      if (frame.opcode === 1) this.#take(data.toString('utf8', frame.from, frame.to));
      data = data.subarray(frame.to);
    }
  }

  #take(message: string): void {
    if (message === '2') this.send('3');
    else this.#handlers.text(message);
  }

  #keep(data: Buffer): void {
    if (data.length > 0) this.#rest = Buffer.from(data);
  }
}

function firstFrame(data: Buffer): { opcode: number; from: number; to: number } | undefined {
  if (data.length < 2) return undefined;
  let length = (data[1] as number) & 0x7f;
  let from = 2;
  if (length === 126) {
    if (data.length < 4) return undefined;
    length = data.readUInt16BE(2);
    from = 4;
  } else if (length === 127) {
    if (data.length < 10) return undefined;
    length = data.readUInt32BE(6);
    from = 10;
  }
  if (data.length < from + length) return undefined;
  return { opcode: (data[0] as number) & 15, from, to: from + length };
}

function upgrade(url: URL, cookie: string): string {
  return [
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
    `Host: ${url.host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    `Cookie: ${cookie}`,
    '\r\n',
  ].join('\r\n');
}
