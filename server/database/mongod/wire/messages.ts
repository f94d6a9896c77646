import { deflateSync, inflateSync } from 'node:zlib';
import { CommandError } from '../errors.ts';
import type { Doc } from '../values/codec.ts';
import { decode, decodeFields } from '../values/decode.ts';
import { ARRAY, documentsIn, findField } from '../values/raw.ts';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_COMPRESSED = 2012;
const OP_MSG = 2013;
/** The largest message, packed or not, in bytes. */
export const MAX_MESSAGE_BYTES = 48_000_000;

const HEADER = 16;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;
const ZLIB = 2;

/** A client's request, whichever message carried it. */
export interface Request {
  id: number;
  database: string;
  body: Doc;
  sequences: Map<string, Buffer[]>;
  /** The client does not read an answer. */
  silent: boolean;
  legacy: boolean;
  compressed: boolean;
}

/** Reads one whole message. */
export function parseMessage(message: Buffer): Request {
  const id = message.readInt32LE(4);
  const code = message.readInt32LE(12);
  if (code === OP_MSG) return parseMsg(message, id);
  if (code === OP_QUERY) return parseQuery(message, id);
  if (code === OP_COMPRESSED) return { ...parseMessage(inflate(message)), compressed: true };
  throw new CommandError(352, 'UnsupportedOpQueryCommand', `unsupported message ${code}`);
}

function inflate(message: Buffer): Buffer {
  const original = message.readInt32LE(HEADER);
  const size = message.readInt32LE(HEADER + 4);
  const compressor = message[HEADER + 8];
  const content = message.subarray(HEADER + 9);
  if (compressor !== ZLIB && compressor !== 0)
    throw new CommandError(2, 'BadValue', `unsupported compressor ${compressor}`);
  if (size > MAX_MESSAGE_BYTES - HEADER) throw new CommandError(17, 'ProtocolError', `message of ${size} bytes`);
  const plain = compressor === ZLIB ? inflateSync(content, { maxOutputLength: size }) : content;
  const header = Buffer.from(message.subarray(0, HEADER));
  header.writeInt32LE(original, 12);
  return Buffer.concat([header, plain]);
}

function parseMsg(message: Buffer, id: number): Request {
  const flags = message.readUInt32LE(HEADER);
  const end = message.length - (flags & CHECKSUM_PRESENT ? 4 : 0);
  const sequences = new Map<string, Buffer[]>();
  let body: Doc = {};
  let at = HEADER + 4;
  while (at < end) {
    const kind = message[at++];
    const size = message.readInt32LE(at);
    if (kind === 0) body = readBody(message.subarray(at, at + size), sequences);
    else if (kind === 1) {
      const nameEnd = message.indexOf(0, at + 4);
      const documents: Buffer[] = [];
      for (let from = nameEnd + 1; from < at + size; ) {
        const length = message.readInt32LE(from);
        if (length <= 0) throw new CommandError(22, 'InvalidBSON', `document of ${length} bytes`);
        documents.push(message.subarray(from, from + length));
        from += length;
      }
      sequences.set(message.latin1Slice(at + 4, nameEnd), documents);
    } else throw new CommandError(40432, 'Location40432', `Unknown section kind ${kind}`);
    at += size;
  }
  return {
    id,
    database: String(body.$db ?? 'admin'),
    body,
    sequences,
    silent: (flags & MORE_TO_COME) !== 0,
    legacy: false,
    compressed: false,
  };
}

/** The array of statements that a command may have in its body instead of a sequence. */
const listed: Partial<Record<string, Buffer>> = {
  insert: Buffer.from('documents'),
  update: Buffer.from('updates'),
  delete: Buffer.from('deletes'),
};
const FIRST_NAME = 5;

/** The body of a command without its list of statements, which becomes the sequence that it might have come as. */
function readBody(bytes: Buffer, sequences: Map<string, Buffer[]>): Doc {
  const list = listed[bytes.latin1Slice(FIRST_NAME, bytes.indexOf(0, FIRST_NAME))];
  const field = list && findField(bytes, 0, list);
  const statements = field && bytes[field.start] === ARRAY ? documentsIn(bytes, field.value) : undefined;
  if (list === undefined || statements === undefined) return decode(bytes);
  const name = list.toString();
  sequences.set(name, statements);
  return decodeFields(bytes, { has: (other) => other !== name });
}

function parseQuery(message: Buffer, id: number): Request {
  const nameEnd = message.indexOf(0, HEADER + 4);
  const namespace = message.utf8Slice(HEADER + 4, nameEnd);
  if (!namespace.endsWith('.$cmd'))
    throw new CommandError(352, 'UnsupportedOpQueryCommand', 'Unsupported OP_QUERY command');
  const document = decode(message, nameEnd + 9);
  const body = (document.$query ?? document) as Doc;
  return {
    id,
    database: namespace.slice(0, -5),
    body,
    sequences: new Map(),
    silent: false,
    legacy: true,
    compressed: false,
  };
}

let nextId = 1;

/** Frames an answer in the kind of message that the request had. */
export function frameReply(request: Request, reply: Buffer): Buffer {
  const fixed = request.legacy ? 20 : 5;
  const message = Buffer.allocUnsafe(HEADER + fixed + reply.length);
  writeHeader(message, request.id, request.legacy ? OP_REPLY : OP_MSG);
  message.fill(0, HEADER, HEADER + fixed);
  if (request.legacy) {
    message.writeInt32LE(8, HEADER);
    message.writeInt32LE(1, HEADER + 16);
  }
  reply.copy(message, HEADER + fixed);
  return request.compressed ? deflate(message, request.id) : message;
}

function writeHeader(message: Buffer, responseTo: number, code: number): void {
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(nextId, 4);
  nextId = (nextId + 1) & 0x7fffffff;
  message.writeInt32LE(responseTo, 8);
  message.writeInt32LE(code, 12);
}

function deflate(message: Buffer, responseTo: number): Buffer {
  const content = deflateSync(message.subarray(HEADER));
  const head = Buffer.allocUnsafe(HEADER + 9);
  head.writeInt32LE(message.readInt32LE(12), HEADER);
  head.writeInt32LE(message.length - HEADER, HEADER + 4);
  head[HEADER + 8] = ZLIB;
  const whole = Buffer.concat([head, content]);
  writeHeader(whole, responseTo, OP_COMPRESSED);
  return whole;
}
