const resumeKey = 'video-courses.resume';

/** A page that replaces this one in its tab goes on without asking; a copy of the tab finds nothing here. */
export function writeResume(token: string): void {
  try {
    sessionStorage.setItem(resumeKey, token);
  } catch {
    // Without storage the next page asks before it takes over.
  }
}

export function readResume(): string | undefined {
  try {
    const token = sessionStorage.getItem(resumeKey) ?? undefined;
    sessionStorage.removeItem(resumeKey);
    return token;
  } catch {
    return undefined;
  }
}
