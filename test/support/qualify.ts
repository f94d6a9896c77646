import type { TestPlatform } from './platform.ts';

/** The plugins whose measures the fixtures' programme counts, and what follows on qualifying. */
export const pathPlugins = [
  'workshops',
  'video-courses',
  'discussions',
  'assignments',
  'assessment',
  'registry',
  'certificates',
  'messages',
];

/** Values that meet every condition of the fixtures' programme: 100.00 points. */
const fullMarks = {
  'video-courses/lesson/lesson-1': 600,
  'discussions/topic/topic-1': 200,
  'assignments/task/task-1': 100,
};

/** Records what qualifies the enrolment; resolves when it is durable. */
export async function qualify(platform: TestPlatform, enrolment: string): Promise<void> {
  await platform.platform.rooms.progress.record({ enrolment, values: fullMarks });
}

/** Resolves with the first value of `read` that is not undefined; fails after ten seconds. */
export async function eventually<T>(read: () => Promise<T | undefined>, what: string): Promise<T> {
  const until = Date.now() + 10_000;
  while (Date.now() < until) {
    const value = await read();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what} did not happen within ten seconds`);
}
