/** Text files as Windows, WPS and Excel write them: UTF-8, UTF-16 and GB 18030, with a byte order mark or without. */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const gb18030 = new TextDecoder('gb18030', { fatal: true });
const utf16 = {
  le: new TextDecoder('utf-16le', { fatal: true, ignoreBOM: true }),
  be: new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true }),
};
/** Bytes that are looked at to tell UTF-16 without a mark. */
const SAMPLE_BYTES = 4_096;

/** Controls that no text holds; tabs, line breaks and form feeds aside. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what is looked for
const controls = /[\u0000-\u0008\u000B\u000E-\u001F\u007F]/;

/** The text of a file without its byte order marks, or undefined where it is no text. */
export function decodeText(bytes: Uint8Array): string | undefined {
  const text = decode(bytes)?.replace(/^\uFEFF+/, '');
  return text === undefined || controls.test(text) ? undefined : text;
}

function decode(bytes: Uint8Array): string | undefined {
  const byteOrder = utf16Order(bytes);
  if (byteOrder) return attempt(utf16[byteOrder], bytes);
  return attempt(utf8, bytes) ?? attempt(gb18030, bytes);
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

function attempt(decoder: typeof utf8, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
