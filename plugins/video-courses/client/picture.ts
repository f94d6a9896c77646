/** Media seconds after which at least one frame was shown. */
const SURE_SECONDS = 3;

/**
 * Whether a video plays its sound alone, as browsers do that lack the codec of the picture: it has no size, or no frame of
 * it was decoded while the page was in view.
 */
export function isWithoutPicture(video: HTMLVideoElement): boolean {
  if (video.readyState < 1) return false;
  if (video.videoWidth === 0) return true;
  if (document.visibilityState === 'hidden' || playedSeconds(video) < SURE_SECONDS) return false;
  return video.getVideoPlaybackQuality?.().totalVideoFrames === 0;
}

function playedSeconds({ played }: HTMLVideoElement): number {
  let seconds = 0;
  for (let n = 0; n < played.length; n += 1) seconds += played.end(n) - played.start(n);
  return seconds;
}
