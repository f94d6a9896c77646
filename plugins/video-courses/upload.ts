import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import type { Request } from 'express';
import { AppError, errors } from '#platform';
import type { MediaStore } from './media.store.ts';

interface Upload {
  fields: Record<string, string>;
  /** Passing path of the one file. */
  path: string;
}

/**
 * Reads a multipart form with one file, which goes straight to disk. An upload that breaks off or is too large leaves
 * nothing behind.
 * @throws core:too-large, video-courses:no-file, video-courses:upload-cut-off
 */
export async function receiveUpload(request: Request, store: MediaStore, maxBytes: number): Promise<Upload> {
  if (!request.is('multipart/form-data')) throw new AppError('video-courses:no-file', 422);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes + 4 * 1024 * 1024) throw tooLarge(maxBytes);
  const fields: Record<string, string> = {};
  let arriving: Promise<string> | undefined;
  let tooMuch = false;
  const parser = parserFor(request, maxBytes);
  parser.on('field', (name, value) => {
    fields[name] = value;
  });
  parser.on('file', (_name, stream) => {
    stream.once('limit', () => {
      tooMuch = true;
    });
    // Where nothing can be written the rest is read and dropped, so that the sender gets to see the answer.
    const relay = stream.once('error', (error) => relay.destroy(error)).pipe(new PassThrough());
    arriving = store.receive(relay);
    arriving.catch(() => stream.unpipe(relay).resume());
  });
  try {
    await pipeline(request, parser);
  } catch (cause) {
    await arriving?.then((path) => store.discard(path)).catch(() => {});
    throw new AppError('video-courses:upload-cut-off', 400, { cause });
  }
  const path = await arriving;
  if (path === undefined) throw new AppError('video-courses:no-file', 422);
  if (tooMuch) {
    await store.discard(path);
    throw tooLarge(maxBytes);
  }
  return { fields, path };
}

function parserFor({ headers }: Request, maxBytes: number) {
  try {
    const limits = { files: 1, fileSize: maxBytes, fields: 20, fieldSize: 2 * 1024 * 1024 };
    return busboy({ headers, defParamCharset: 'utf8', limits });
  } catch {
    throw new AppError('video-courses:no-file', 422);
  }
}

function tooLarge(maxBytes: number): AppError {
  return errors.tooLarge(`${Math.round(maxBytes / 1024 / 1024)} MB`);
}
