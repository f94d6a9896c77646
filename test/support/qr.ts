import { spawnSync } from 'node:child_process';
import jsQR from 'jsqr';

/** Text of the QR code in a picture of RGBA bytes, if there is one. */
export function readQr(rgba: Uint8ClampedArray, width: number, height: number): string | undefined {
  return (jsQR as unknown as typeof jsQR.default)(rgba, width, height)?.data;
}

/** Text of the QR code on the first page of a PDF; undefined where the machine has no `pdftoppm`. */
export function readPdfQr(pdf: Buffer): string | undefined {
  const drawn = spawnSync('pdftoppm', ['-r', '150', '-f', '1', '-l', '1', '-'], { input: pdf, maxBuffer: 2 ** 26 });
  if (drawn.error) return undefined;
  const ppm = drawn.stdout;
  const [, w = 0, h = 0] = (/^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.subarray(0, 40).toString('latin1')) ?? []).map(
    Number,
  );
  const rgb = ppm.subarray(ppm.length - w * h * 3);
  const rgba = new Uint8ClampedArray(w * h * 4).fill(255);
  for (let i = 0; i < w * h; i += 1) rgba.set(rgb.subarray(i * 3, i * 3 + 3), i * 4);
  const text = readQr(rgba, w, h);
  if (text === undefined) throw new Error('the PDF shows no QR code that can be read');
  return text;
}
