import { Worker } from 'node:worker_threads';
import { AppError } from '#platform';
import type { CertificateText } from './certificate-pdf.ts';
import type { PdfAnswer } from './pdf-worker.ts';

interface Waiting {
  resolve(pdf: Buffer): void;
  reject(error: Error): void;
}

/**
 * Draws certificates in a thread of its own, begun with the first one: cutting the characters out of the font takes
 * some tenths of a second, during which no learner's beat should wait.
 */
export class PdfRenderer {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #last = 0;

  /** @throws certificates:cannot-draw, certificates:too-long where it would come out with boxes, gaps or overlaps */
  render(text: CertificateText): Promise<Buffer> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, text });
    });
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    // A thread does not inherit the loader of TypeScript, so that it has to begin with it.
    const begin = `import { register } from '${import.meta.resolve('tsx/esm/api')}'; register();
      await import('${new URL('./pdf-worker.ts', import.meta.url)}');`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(begin)}`), { execArgv: [] });
    worker.unref();
    worker.on('message', ({ id, pdf, error, missing }: PdfAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (pdf) waiting?.resolve(Buffer.from(pdf));
      else waiting?.reject(missing ? refusal(missing) : new Error(error));
    });
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new Error('the drawing thread ended')));
    return worker;
  }

  #fail(error: unknown): void {
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error instanceof Error ? error : new Error(String(error)));
    this.#waiting.clear();
  }
}

function refusal(missing: string[]): AppError {
  if (missing.length === 0) return new AppError('certificates:too-long', 422);
  return new AppError('certificates:cannot-draw', 422, { params: { characters: missing.join(' ') } });
}
