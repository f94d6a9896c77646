/** How often the media is looked at, ms. */
const LOOK_MS = 1_000;
/** Standing still for so long is worth saying. */
const SAY_MS = 2_000;
/** Without a single byte for so long the connection is taken for dead; doubled with each attempt up to the longest. */
const FIRST_PATIENCE_MS = 10_000;
const LONGEST_PATIENCE_MS = 60_000;

/**
 * Looks whether media that should be playing stands still. A line that breaks without a word leaves the browser waiting
 * for minutes: where nothing arrives the source is opened again, and playing goes on from where it stood.
 * @param say whether the picture stands still now
 */
export function watchStalls(video: HTMLVideoElement, say: (stalls: boolean) => void): void {
  let patience = FIRST_PATIENCE_MS;
  let movedAt = performance.now();
  let arrivedAt = movedAt;
  let at = 0;
  let bytes = 0;
  /** Where playing goes on once the source that was opened again is there. */
  let goesOnAt: number | undefined;
  const reopen = (): void => {
    goesOnAt ??= video.currentTime;
    patience = Math.min(patience * 2, LONGEST_PATIENCE_MS);
    arrivedAt = performance.now();
    const rate = video.playbackRate;
    video.load();
    video.playbackRate = rate;
  };
  video.addEventListener('loadedmetadata', () => {
    if (goesOnAt === undefined) return;
    video.currentTime = goesOnAt;
    goesOnAt = undefined;
    void video.play().catch(() => {});
  });
  video.addEventListener('error', () => {
    // A source that cannot be read is no better the second time.
    const lost = video.error?.code === MediaError.MEDIA_ERR_NETWORK && video.currentTime > 0;
    if (lost) goesOnAt ??= video.currentTime;
  });
  const look = (): void => {
    const now = performance.now();
    const should = goesOnAt !== undefined || (!video.paused && !video.ended);
    const arrived = bufferedSeconds(video);
    if (!should || video.currentTime !== at) {
      movedAt = now;
      if (should && goesOnAt === undefined && video.readyState > 2) patience = FIRST_PATIENCE_MS;
    }
    if (!should || video.currentTime !== at || arrived !== bytes) arrivedAt = now;
    at = video.currentTime;
    bytes = arrived;
    say(now - movedAt >= SAY_MS);
    if (now - arrivedAt >= patience) reopen();
  };
  setInterval(look, LOOK_MS);
  window.addEventListener('online', () => {
    if (goesOnAt !== undefined) reopen();
  });
}

function bufferedSeconds({ buffered }: HTMLVideoElement): number {
  return buffered.length === 0 ? 0 : buffered.end(buffered.length - 1);
}
