import { readFileSync } from 'node:fs';

/** Calls that change files, make them durable, or answer clients; strace must show their data in hexadecimal, and paths. */
export const RECORDED_CALLS = [
  ...['-y', '-xx', '-s', '2000000', '--seccomp-bpf', '-e'],
  'trace=openat,close,lseek,pwrite64,pwritev,pwritev2,write,writev,fdatasync,fsync,sync_file_range,msync,ftruncate,fallocate,mmap',
];

/** A write to the data file. Times are places in the recording: the order in which strace saw calls begin and end. */
export interface Write {
  at: number;
  data: Buffer;
  began: number;
  ended: number;
  /** When the write was certainly on the disk: at the end of a sync that began after it, or of itself. */
  durable: number;
}

export interface Recording {
  writes: Write[];
  /** When the answer to a request was sent, by the request's number. */
  answers: Map<number, number>;
  /** The first and the last moment of the recording. */
  start: number;
  end: number;
}

interface Call {
  name: string;
  args: string;
  began: number;
  ended: number;
  result: number;
}

/** The calls in the order of their begins. */
function* callsIn(text: string): Generator<Call> {
  const open = new Map<string, Call>();
  const calls: Call[] = [];
  let moment = 0;
  for (const line of text.split('\n')) {
    moment++;
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const begun = /^(\w+)\((.*)$/.exec(rest);
    let call: Call | undefined;
    if (resumed !== null) {
      call = open.get(thread);
      open.delete(thread);
    } else if (begun !== null) {
      const [, name = '', args = ''] = begun;
      call = { name, args, began: moment, ended: Number.POSITIVE_INFINITY, result: -1 };
      calls.push(call);
    }
    if (call === undefined) continue;
    if (rest.endsWith('<unfinished ...>')) {
      open.set(thread, call);
      continue;
    }
    call.ended = moment;
    call.result = Number(/= (-?\d+)[^=]*$/.exec(rest)?.[1] ?? -1);
  }
  yield* calls;
}

const bytes = (escaped: string) => Buffer.from(escaped.replaceAll('\\x', ''), 'hex');

/** The bytes of all strings among the arguments. */
const data = ({ args }: Call) =>
  Buffer.concat([...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"(?!\.\.\.)/g)].map(([, text = '']) => bytes(text)));

/** Descriptor and path of the first argument. Paths are escaped like all strings. */
function fileOf({ args }: Call): { descriptor: number; path: string } {
  const [, descriptor = '-1', path = ''] = /^(\d+)<([^>]*)>/.exec(args) ?? [];
  return { descriptor: Number(descriptor), path: path.startsWith('\\x') ? bytes(path).toString() : path };
}

/**
 * Reads what strace has written with RECORDED_CALLS.
 * @throws Error for a call that changes the data file in a way which is not understood here
 */
export function readRecording(trace: string, dataFile: string): Recording {
  const writes: Write[] = [];
  const answers = new Map<number, number>();
  const synchronous = new Set<number>();
  /** Where each descriptor stands: lmdb seeks before it writes several pages. */
  const places = new Map<number, number>();
  const syncs: Call[] = [];
  let start = 0;
  let end = 0;
  for (const call of callsIn(readFileSync(trace, 'latin1'))) {
    const { name, args, began, ended, result } = call;
    if (name === 'openat') {
      if (args.includes('O_DSYNC')) synchronous.add(result);
      else synchronous.delete(result);
      continue;
    }
    const { descriptor, path } = fileOf(call);
    if (path.includes('socket:') || path.includes('TCP')) {
      if (name === 'write' || name === 'writev') for (const id of answersIn(data(call))) answers.set(id, began);
      continue;
    }
    if (name === 'mmap') {
      if (args.includes('PROT_WRITE') && args.includes('MAP_SHARED') && args.includes(`<${bytesOf(dataFile)}>`))
        throw new Error(`the data file is written through memory: ${args}`);
      continue;
    }
    if (path !== dataFile || name === 'close') continue;
    if (start === 0) start = began;
    end = Math.max(end, ended === Number.POSITIVE_INFINITY ? began : ended);
    if (name === 'fdatasync' || name === 'fsync') {
      if (result === 0) syncs.push(call);
    } else if (name === 'lseek') places.set(descriptor, result);
    else if (['pwrite64', 'pwritev', 'write', 'writev'].includes(name)) {
      const written = data(call);
      const given = Number(/, (\d+)(?:\)| <unfinished)/.exec(args.slice(args.lastIndexOf(',')))?.[1]);
      const at = name.startsWith('p') ? given : (places.get(descriptor) ?? Number.NaN);
      if (!name.startsWith('p')) places.set(descriptor, at + written.length);
      if (!Number.isInteger(at) || (ended < Number.POSITIVE_INFINITY && written.length !== result))
        throw new Error(`cannot read ${name} of ${written.length} bytes with result ${result} at ${at}`);
      const durable = synchronous.has(descriptor) ? ended : Number.POSITIVE_INFINITY;
      writes.push({ at, data: written, began, ended, durable });
    } else throw new Error(`the data file is changed by ${name}, which is not understood`);
  }
  for (const write of writes)
    for (const sync of syncs) if (sync.began > write.ended) write.durable = Math.min(write.durable, sync.ended);
  return { writes, answers, start, end };
}

const bytesOf = (path: string) =>
  [...Buffer.from(path)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

const OP_MSG = 2013;

/** The requests that the messages in some bytes answer. */
function* answersIn(sent: Buffer): Generator<number> {
  for (let rest = sent; rest.length >= 16; rest = rest.subarray(Math.max(16, rest.readInt32LE(0)))) {
    if (rest.readInt32LE(12) === OP_MSG) yield rest.readInt32LE(8);
  }
}
