import { CommandError, failure } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { decode, decodeFields } from '../values/decode.ts';
import { ARRAY, documentsIn, findField } from '../values/raw.ts';
import { validate } from '../values/validate.ts';
import { HEADER, ProtocolError } from './framing.ts';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

const MORE_TO_COME = 2;
/** Flags in this half of the word may not be ignored. */
const REQUIRED_FLAGS = 0xffff;

/** A client's request, whichever message carried it. */
export interface Request {
  id: number;
  database: string;
  body: Doc;
  sequences: Map<string, Buffer[]>;
  /** The client does not read an answer. */
  silent: boolean;
  legacy: boolean;
}

/** A request that was cut out of its message, but whose content is refused: to be answered with the error. */
export class RefusedRequest extends Error {
  readonly request: Request;
  readonly reason: CommandError;

  constructor(request: Request, reason: CommandError) {
    super(reason.message);
    this.request = request;
    this.reason = reason;
  }
}

/**
 * Reads one whole message. Checksums and compression, which no client uses unasked, are not spoken.
 * @throws ProtocolError for what is no message, RefusedRequest for one whose documents are malformed
 */
export function parseMessage(message: Buffer): Request {
  const code = message.readInt32LE(12);
  const request: Request = {
    id: message.readInt32LE(4),
    database: 'admin',
    body: {},
    sequences: new Map(),
    silent: false,
    legacy: code === OP_QUERY,
  };
  try {
    if (code === OP_MSG) readMsg(message, request);
    else if (code === OP_QUERY) readQuery(message, request);
    else throw new ProtocolError(`unsupported message ${code}`);
  } catch (error) {
    throw error instanceof CommandError ? new RefusedRequest(request, error) : error;
  }
  return request;
}

function readMsg(message: Buffer, request: Request): void {
  if (message.length < HEADER + 4) throw new ProtocolError('message without flags');
  const flags = message.readUInt32LE(HEADER);
  if (flags & REQUIRED_FLAGS & ~MORE_TO_COME) throw new ProtocolError(`unsupported flags ${flags}`);
  request.silent = (flags & MORE_TO_COME) !== 0;
  const end = message.length;
  let body: { start: number; end: number } | undefined;
  const sequences: { name: string; start: number; end: number }[] = [];
  for (let at = HEADER + 4; at < end; ) {
    const kind = message[at++];
    const size = at + 4 > end ? 0 : message.readInt32LE(at);
    if (size < 5 || at + size > end) throw new ProtocolError(`section of ${size} bytes`);
    if (kind === 0) {
      if (body !== undefined) throw new ProtocolError('message with two bodies');
      body = { start: at, end: at + size };
    } else if (kind === 1) {
      const nameEnd = message.indexOf(0, at + 4);
      if (nameEnd < 0 || nameEnd >= at + size) throw new ProtocolError('section without a name');
      sequences.push({ name: message.latin1Slice(at + 4, nameEnd), start: nameEnd + 1, end: at + size });
    } else throw new ProtocolError(`section of kind ${kind}`);
    at += size;
  }
  if (body === undefined) throw new ProtocolError('message without a body');
  for (const { name, start, end } of sequences) {
    if (request.sequences.has(name)) throw new ProtocolError(`two sections named ${name}`);
    request.sequences.set(name, cutDocuments(message, start, end));
  }
  validate(message, body.start, body.end);
  for (const documents of request.sequences.values()) for (const each of documents) validate(each, 0, each.length);
  readBody(message.subarray(body.start, body.end), request);
}

function cutDocuments(message: Buffer, start: number, end: number): Buffer[] {
  const documents: Buffer[] = [];
  for (let at = start; at < end; ) {
    const size = at + 4 > end ? 0 : message.readInt32LE(at);
    if (size < 5 || at + size > end) throw new ProtocolError(`document of ${size} bytes`);
    documents.push(message.subarray(at, at + size));
    at += size;
  }
  return documents;
}

/** The array of statements that a command may have in its body instead of a sequence. */
const listed: Partial<Record<string, Buffer>> = {
  insert: Buffer.from('documents'),
  update: Buffer.from('updates'),
  delete: Buffer.from('deletes'),
};
const FIRST_NAME = 5;

/** Reads the body of a command without its list of statements, which becomes the sequence that it might have come as. */
function readBody(bytes: Buffer, request: Request): void {
  const list = listed[bytes.latin1Slice(FIRST_NAME, bytes.indexOf(0, FIRST_NAME))];
  const field = list && findField(bytes, 0, list);
  const statements = field && bytes[field.start] === ARRAY ? documentsIn(bytes, field.value) : undefined;
  if (list === undefined || statements === undefined) request.body = decode(bytes);
  else {
    const name = list.toString();
    request.body = decodeFields(bytes, { has: (other) => other !== name });
    if (request.sequences.has(name)) throw failure(40433, `Duplicate field ${name}`);
    request.sequences.set(name, statements);
  }
  for (const name of request.sequences.keys())
    if (Object.hasOwn(request.body, name)) throw failure(40433, `Duplicate field ${name}`);
  const { $db: database } = request.body;
  if (typeof database !== 'string') throw failure(40571, 'OP_MSG requests require a $db argument');
  request.database = database;
}

/** The commands with which a client may begin before it knows that the server understands OP_MSG. */
const greetings = new Set(['hello', 'isMaster', 'ismaster']);

function readQuery(message: Buffer, request: Request): void {
  const nameEnd = message.indexOf(0, HEADER + 4);
  const start = nameEnd + 9;
  const size = nameEnd < 0 || start + 4 > message.length ? 0 : message.readInt32LE(start);
  if (size < 5 || start + size > message.length) throw new ProtocolError('malformed OP_QUERY');
  const namespace = message.utf8Slice(HEADER + 4, nameEnd);
  validate(message, start, start + size);
  const document = decode(message, start);
  request.body = isDocument(document.$query) ? document.$query : document;
  request.database = namespace.slice(0, -'.$cmd'.length);
  const name = Object.keys(request.body)[0] ?? '';
  if (!namespace.endsWith('.$cmd') || !greetings.has(name)) throw failure(352, `Unsupported OP_QUERY command: ${name}`);
}

let nextId = 1;

/** Frames an answer in the kind of message that the request had. */
export function frameReply(request: Request, reply: Buffer): Buffer {
  const fixed = request.legacy ? 20 : 5;
  const message = Buffer.allocUnsafe(HEADER + fixed + reply.length);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(nextId, 4);
  nextId = (nextId + 1) & 0x7fffffff;
  message.writeInt32LE(request.id, 8);
  message.writeInt32LE(request.legacy ? OP_REPLY : OP_MSG, 12);
  message.fill(0, HEADER, HEADER + fixed);
  if (request.legacy) {
    message.writeInt32LE(8, HEADER);
    message.writeInt32LE(1, HEADER + 16);
  }
  reply.copy(message, HEADER + fixed);
  return message;
}
