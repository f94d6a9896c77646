/** Characters of captions: three hours are some 5,000 cues of 60. */
export const captionLength = 400_000;

const cue = /^(?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}[ \t]+-->[ \t]+(?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}/m;

/**
 * Captions as authors paste them, if they are WebVTT with at least one cue (W3C WebVTT, section 4.1): the signature in the
 * first line, lines ended as the web ends them.
 * @returns undefined for what is none
 */
export function readCaptions(typed: string): string | undefined {
  const text = typed
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .trim();
  return /^WEBVTT(?:[ \t\n]|$)/.test(text) && cue.test(text) ? `${text}\n` : undefined;
}
