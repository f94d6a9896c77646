import busboy from 'busboy';
import type { Request } from 'express';
import { AppError, errors } from '#platform';

/** A roster of 5,000 rows is under 1 MB; more means that the file holds something else. */
const mostBytes = 5 * 2 ** 20;

export interface UploadedFile {
  name: string;
  content: Buffer;
}

/**
 * The one file of a multipart form, held in memory up to 5 MB.
 * @throws enrolment:no-file, enrolment:upload-cut, core:too-large
 */
export function readUpload(request: Request): Promise<UploadedFile> {
  return new Promise((resolve, reject) => {
    let parser: busboy.Busboy;
    try {
      parser = busboy({
        headers: request.headers,
        defParamCharset: 'utf8',
        limits: { files: 1, fileSize: mostBytes, fields: 10, fieldSize: 1024, parts: 12 },
      });
    } catch {
      return reject(new AppError('enrolment:no-file', 422));
    }
    const cut = () => reject(new AppError('enrolment:upload-cut', 400));
    let file: UploadedFile | undefined;
    let tooLarge = false;
    parser.on('file', (_field, stream, { filename }) => {
      const chunks: Buffer[] = [];
      stream.on('error', cut);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('limit', () => {
        tooLarge = true;
      });
      stream.on('close', () => {
        if (!stream.truncated) file = { name: filename ?? '', content: Buffer.concat(chunks) };
      });
    });
    parser.on('close', () => {
      if (tooLarge) reject(errors.tooLarge('5 MB'));
      else if (!file || file.content.length === 0) reject(new AppError('enrolment:no-file', 422));
      else resolve(file);
    });
    if (request.destroyed) return cut();
    parser.on('error', cut);
    request.on('error', cut);
    request.on('close', () => {
      if (!request.readableEnded) cut();
    });
    request.pipe(parser);
  });
}
