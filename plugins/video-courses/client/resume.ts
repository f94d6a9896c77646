const resumeKey = 'video-courses.resume';
const newestKey = 'video-courses.session';
const lockOf = (token: string): string => `video-courses ${token}`;

/** A page that replaces this one in its tab goes on without asking; a copy of the tab finds nothing here. */
export function writeResume(token: string): void {
  quietly(() => sessionStorage.setItem(resumeKey, token));
}

/**
 * Says which session this page plays. The lock goes with the page, however it ends, so that the next page of this
 * browser can tell a tab that the phone closed from one that is still playing.
 */
export function holdSession(token: string): void {
  quietly(() => localStorage.setItem(newestKey, token));
  void navigator.locks?.request(lockOf(token), () => new Promise(() => {})).catch(() => {});
}

/** Token of the session that this page continues: the tab's own, or that of a tab of this browser that is gone. */
export async function readResume(): Promise<string | undefined> {
  const own = quietly(() => sessionStorage.getItem(resumeKey));
  quietly(() => sessionStorage.removeItem(resumeKey));
  if (own) return own;
  const newest = quietly(() => localStorage.getItem(newestKey));
  if (!newest || !navigator.locks) return undefined;
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === lockOf(newest)) ? undefined : newest;
}

/** Without storage the next page asks before it takes over. */
function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
