/** Text files as Windows, WPS and Excel write them: UTF-8, UTF-16 and GB 18030, with a byte order mark or without. */

/** Bytes that are looked at to tell UTF-16 without a mark. */
const SAMPLE_BYTES = 4_096;

/** Controls that no text holds; tabs, line breaks and form feeds aside. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what is looked for
const controls = /[\u0000-\u0008\u000B\u000E-\u001F\u007F]/;

/**
 * The text of a file without its byte order marks, or undefined where it is no text.
 * @param isBeginning the bytes may end within a character
 */
export function decodeText(bytes: Uint8Array, isBeginning = false): string | undefined {
  const text = decode(bytes, isBeginning)?.replace(/^\uFEFF+/, '');
  return text === undefined || controls.test(text) ? undefined : text;
}

function decode(bytes: Uint8Array, isBeginning: boolean): string | undefined {
  const byteOrder = utf16Order(bytes);
  for (const encoding of byteOrder ? [`utf-16${byteOrder}`] : ['utf-8', 'gb18030']) {
    try {
      const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
      return decoder.decode(bytes, { stream: isBeginning });
    } catch {
      // Not in this encoding; the next may be the one.
    }
  }
  return undefined;
}

/** By its mark, else by the zeroes that ASCII characters have in every second byte. */
function utf16Order(bytes: Uint8Array): 'le' | 'be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'be';
  const zeroes = [0, 0];
  for (const [at, byte] of bytes.subarray(0, SAMPLE_BYTES).entries()) if (byte === 0) zeroes[at % 2]! += 1;
  if (zeroes[1]! > 0 && zeroes[0] === 0) return 'le';
  return zeroes[0]! > 0 && zeroes[1] === 0 ? 'be' : undefined;
}
