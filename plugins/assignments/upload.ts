import { createWriteStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import { AppError, errors, newId } from '#platform';
import { contentOf, headBytes, kindOf, nameFor, safeName, tailBytes } from './file-kinds.ts';

export interface UploadLimits {
  files: number;
  /** Bytes of one file. */
  fileSize: number;
  /** Bytes of one text field. */
  fieldSize: number;
}

/** A file that was received whole and is what its name says; it lies in the folder `incoming` until it is kept. */
export interface ReceivedFile {
  id: string;
  path: string;
  name: string;
  type: string;
  size: number;
}

export interface Upload {
  fields: Record<string, string[]>;
  files: ReceivedFile[];
}

const megabyte = 2 ** 20;

/**
 * Reads a multipart form into `upload`, streaming its files into a folder. Where anything is wrong the rest is read and
 * dropped, so that a browser gets to see the answer, and nothing is left in the folder; fields read so far stay, for the
 * form to be shown again.
 * @throws core:bad-request for no form; core:too-large; assignments:too-many-files, file-too-large, wrong-kind, is-…, cut-off
 */
export async function readUpload(
  request: IncomingMessage,
  folder: string,
  limits: UploadLimits,
  upload: Upload,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const parser = parserFor(request, limits);
  // Names come from the request: `__proto__` is a name like any other.
  const fields: Upload['fields'] = Object.create(null);
  upload.fields = fields;
  let files: ReceivedFile[] = [];
  const arriving: Promise<ReceivedFile>[] = [];
  const written: string[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      parser.on('field', (name, value, { valueTruncated }) => {
        if (valueTruncated) return reject(errors.tooLarge(`${Math.round(limits.fieldSize / 1024)} KB`));
        fields[name] = [...(fields[name] ?? []), value];
      });
      parser.on('file', (_field, stream, { filename }) => {
        if (!filename) return stream.on('error', () => reject(cutOff())).resume();
        const id = newId();
        const path = join(folder, id);
        written.push(path);
        const arrived = receive(stream, { id, path, filename, limit: limits.fileSize });
        arrived.catch(reject);
        arriving.push(arrived);
      });
      parser.once('filesLimit', () =>
        reject(new AppError('assignments:too-many-files', 413, { params: { limit: limits.files } })),
      );
      parser.once('error', () => reject(cutOff()));
      parser.once('close', () => {
        Promise.all(arriving).then((received) => {
          files = received;
          resolve();
        }, reject);
      });
      request.once('aborted', () => reject(cutOff()));
      request.once('error', () => reject(cutOff()));
      request.pipe(parser);
    });
  } catch (error) {
    request.unpipe(parser);
    request.resume();
    parser.destroy();
    await Promise.allSettled(arriving);
    await dropFiles(written);
    throw error;
  }
  upload.files.push(...files);
}

/** Removes received files that were not kept. */
export async function dropFiles(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(path, { force: true })));
}

const cutOff = () => new AppError('assignments:cut-off', 400);

function parserFor(request: IncomingMessage, { files, fileSize, fieldSize }: UploadLimits) {
  try {
    // One byte and one file more than allowed, so that what is too much can be told from what is just enough.
    const limits = { files: files + 1, fileSize: fileSize + 1, fieldSize, fields: 40, parts: 60 };
    return busboy({ headers: request.headers, defParamCharset: 'utf8', limits });
  } catch {
    throw new AppError('core:bad-request', 400);
  }
}

interface Arrival {
  id: string;
  path: string;
  filename: string;
  limit: number;
}

async function receive(stream: NodeJS.ReadableStream, { id, path, filename, limit }: Arrival): Promise<ReceivedFile> {
  // Browsers write a quotation mark in a name as %22 (WHATWG, multipart/form-data encoding algorithm).
  const name = safeName(filename.replace(/%(?:22|0D|0A)/gi, ' '));
  const output = createWriteStream(path);
  // What the file system refuses is not the sender's fault.
  await pipeline(stream, output).catch((error) => Promise.reject(error.syscall === undefined ? cutOff() : error));
  const size = output.bytesWritten;
  if (size > limit) {
    throw new AppError('assignments:file-too-large', 413, { params: { name, limit: limit / megabyte } });
  }
  const [head, tail] = await ends(path, size);
  const kind = kindOf(name, head, tail);
  if (!kind) {
    const content = contentOf(head, tail);
    throw new AppError(content ? `assignments:is-${content}` : 'assignments:wrong-kind', 422, { params: { name } });
  }
  return { id, path, name: nameFor(name, kind), type: kind.type, size };
}

async function ends(path: string, size: number): Promise<[Buffer, Buffer]> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(Math.min(size, headBytes));
    const tail = Buffer.alloc(Math.min(size, tailBytes));
    await file.read(head, 0, head.length, 0);
    await file.read(tail, 0, tail.length, size - tail.length);
    return [head, tail];
  } finally {
    await file.close();
  }
}
