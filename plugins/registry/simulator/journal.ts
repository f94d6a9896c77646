import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** One JSON value a line; a line is on the disk before `append` returns. */
export class Journal<T> {
  readonly #file: number;

  /** Opens the file or makes it, and hands what it holds to `replay`; a line cut off by a crash is dropped. */
  constructor(path: string, replay: (value: T) => void) {
    mkdirSync(dirname(path), { recursive: true });
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    this.#file = openSync(path, 'a', 0o600);
    if (whole.length < text.length) ftruncateSync(this.#file, Buffer.byteLength(whole));
    for (const line of whole.split('\n')) if (line) replay(JSON.parse(line) as T);
  }

  append(value: T): void {
    writeSync(this.#file, `${JSON.stringify(value)}\n`);
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}
