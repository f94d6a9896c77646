import { beijingDay, enrolmentId, startOfBeijingDay } from '#platform';
import type { History } from '../data/history.ts';
import type { Learner } from '../data/learners.ts';
import { postText, replyText, taskText } from '../data/phrases.ts';
import { type Random, seeded } from '../data/random.ts';
import type { Made } from './programmes.ts';
import type { SeedHost } from './seed-host.ts';

export interface PastLearner {
  learner: Learner;
  past: History;
}

const TEXT_SEED = 60;
/** Between these hours of a Beijing day people study. */
const [EARLIEST_HOUR, LATEST_HOUR] = [7, 22];

/**
 * Feeds what learners did before today through the services of the plugins. Videos come first and tasks last, so that an
 * enrolment qualifies only when everything else is in place.
 */
export async function seedHistory(host: SeedHost, all: readonly PastLearner[], made: Made): Promise<void> {
  const random = seeded(TEXT_SEED);
  const users = await host.accounts.byIdNumbers(all.map(({ learner }) => learner.idNumber));
  const known = all.flatMap(({ learner, past }) => {
    const user = users.get(learner.idNumber)?._id;
    const programme = made.programmes.get(learner.programme);
    return user && programme ? [{ learner: user, enrolment: enrolmentId(user, programme), past }] : [];
  });
  const at = momentOf(random, Date.now());
  await host.use('video-courses').importHistory(
    known.flatMap(({ enrolment, past }) =>
      past.lessons.map(({ lesson, seconds, day }) => ({
        enrolment,
        lesson: made.lessons.get(lesson) as string,
        seconds,
        at: at(day),
      })),
    ),
  );
  await host.use('discussions').importHistory(
    known.flatMap(({ enrolment, learner, past }) =>
      past.discussion.map(({ topic, day, posts, replies }) => ({
        enrolment,
        learner,
        topic: made.topics.get(topic) as string,
        posts: [
          ...Array.from({ length: posts }, () => ({ text: postText(random), at: at(day), kind: 'post' as const })),
          ...Array.from({ length: replies }, () => ({ text: replyText(random), at: at(day), kind: 'reply' as const })),
        ],
      })),
    ),
  );
  await host.use('assignments').importHistory(
    known.flatMap(({ enrolment, learner, past }) =>
      past.tasks.map(({ task, day, score }) => ({
        enrolment,
        learner,
        task: made.tasks.get(task) as string,
        text: taskText(random),
        at: at(day),
        score,
      })),
    ),
  );
}

/** A moment of a day at which people study, never after `now`. */
function momentOf(random: Random, now: number): (day: string) => Date {
  const today = beijingDay(now);
  return (day) => {
    const midnight = startOfBeijingDay(day).getTime();
    const from = midnight + EARLIEST_HOUR * 3_600_000;
    const until = Math.min(midnight + LATEST_HOUR * 3_600_000, now - 60_000);
    if (day === today && until <= from) return new Date(Math.max(midnight, now - 60_000 * random.int(1, 60)));
    return new Date(from + Math.floor((until - from) * random.next()));
  };
}
