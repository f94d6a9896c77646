/** A plausible study history of an invented learner, as plain data that is fed through the real services. */
import { addDays, daysBetween } from '#platform';
import type { Learner } from './learners.ts';
import { assessment, type DemoProgramme, lessonsOf, termAround } from './programmes.ts';
import type { Random } from './random.ts';

export interface History {
  /** Seconds 0 to `seconds` were played, the last of them on `day`. In the order in which they were studied. */
  lessons: { lesson: string; seconds: number; day: string }[];
  /** Tenths of points, at most 100 a day: a post earns 10, a reply 5. */
  discussion: { topic: string; posts: number; replies: number; tenths: number; day: string }[];
  /** Score 0–100, null while the moderator has not graded it. */
  tasks: { task: string; day: string; score: number | null }[];
}

/** Share of the active learners that have everything done, and how far the others are, by region of the school. */
const PACE: Record<string, { done: number; others: number }> = {
  '410200': { done: 0.47, others: 0.62 },
  '410200-XQ': { done: 0.5, others: 0.66 },
  '410202': { done: 0.44, others: 0.58 },
  '410203': { done: 0.4, others: 0.52 },
  '410204': { done: 0.46, others: 0.6 },
  // Lags behind, so that the comparison of the districts has something to say.
  '410205': { done: 0.15, others: 0.28 },
};
const ACTIVE = 0.87;
/** Seconds of video that the special learner still needs, all of them in the lesson where she stopped. */
const ALMOST_THERE_SECONDS = 40;

/**
 * What the learner has done until `today` (Beijing day): nothing at all for about one in seven, enough to qualify for
 * about one in three. Calls of `random` must come in the same order to give the same histories.
 */
export function history(learner: Learner, random: Random, programme: DemoProgramme, today: string): History {
  const day = dayPicker(random, today);
  if (learner.almostThere) return almostThere(programme, day, today);
  const pace = PACE[learner.region] ?? { done: 0.4, others: 0.5 };
  if (!random.chance(ACTIVE)) return { lessons: [], discussion: [], tasks: [] };
  if (random.chance(pace.done)) {
    return {
      lessons: watched(programme, 1 - 0.06 * random.next(), day),
      discussion: discussed(programme, random.int(120, 260), day),
      tasks: programme.tasks.map(({ id }, index) => ({
        task: id,
        day: day(0.5 + 0.4 * index),
        score: random.int(68, 97),
      })),
    };
  }
  // Never above 0.88: below the required 0.9, so that nobody qualifies by accident.
  const part = Math.min(0.88, Math.max(0.04, pace.others + (random.next() - 0.5) * 0.7));
  return {
    lessons: watched(programme, part, day),
    discussion: discussed(programme, Math.round(part * random.int(20, 220)), day),
    tasks: programme.tasks
      .filter((_, index) => part > 0.35 + 0.3 * index)
      .map(({ id }, index) => ({
        task: id,
        day: day(0.5 + 0.4 * index),
        score: random.chance(0.7) ? random.int(55, 95) : null,
      })),
  };
}

/** Everything but the last seconds of video; she stopped today in the last lesson, shortly after its start. */
function almostThere(programme: DemoProgramme, day: DayPicker, today: string): History {
  const { requiredSeconds, discussionFull } = assessment(programme);
  const played = watched(programme, 1, day);
  const last = played.at(-1)!;
  const before = played.at(-2)!;
  last.seconds = Math.max(0, last.seconds - ALMOST_THERE_SECONDS - 5);
  last.day = today;
  before.seconds -= sum(played) - (requiredSeconds - ALMOST_THERE_SECONDS);
  return {
    lessons: played,
    discussion: discussed(programme, discussionFull, day),
    tasks: programme.tasks.map(({ id }, index) => ({ task: id, day: day(0.6 + 0.3 * index), score: 88 + 3 * index })),
  };
}

/** The lessons in order, up to `part` of their total length. */
function watched(programme: DemoProgramme, part: number, day: DayPicker): History['lessons'] {
  const lessons = lessonsOf(programme);
  const days = lessons.map((_, index) => day((index + 1) / lessons.length)).sort();
  let left = Math.ceil(sum(lessons) * part);
  return lessons.flatMap(({ id, seconds }, index) => {
    const played = Math.min(seconds, left);
    left -= played;
    return played > 0 ? [{ lesson: id, seconds: played, day: days[index]! }] : [];
  });
}

/** Posts and replies worth `tenths`, spread over topics and weeks so widely that the daily limit is never near. */
function discussed(programme: DemoProgramme, tenths: number, day: DayPicker): History['discussion'] {
  const rounds: History['discussion'] = [];
  let left = tenths - (tenths % 5);
  while (left > 0) {
    const { id: topic } = programme.topics[rounds.length % programme.topics.length]!;
    const earned = Math.min(left, 25);
    // A little more replies than posts, so that few posts stay unanswered.
    const posts = Math.min(rounds.length % 2 === 0 ? 2 : 1, Math.floor(earned / 10));
    const replies = (earned - posts * 10) / 5;
    rounds.push({ topic, posts, replies, tenths: earned, day: day((rounds.length + 1) / 12) });
    left -= earned;
  }
  return rounds;
}

/** A Beijing day of the study term up to today; `at` (0–1) says how far into what has passed of it, about. */
type DayPicker = (at: number) => string;

function dayPicker(random: Random, today: string): DayPicker {
  const { from } = termAround(today);
  const passed = daysBetween(from, today);
  // People start and stop at different times; most studied within the last weeks.
  const start = Math.floor(passed * 0.5 * random.next());
  const end = passed - Math.floor(passed * 0.3 * random.next() ** 3);
  return (at) => {
    const about = Math.round(start + (end - start) * at) + random.int(-6, 6);
    // Mirrored at both ends, where cutting off would pile the days up.
    return addDays(from, passed - Math.abs(passed - Math.abs(about)));
  };
}

const sum = (lessons: readonly { seconds: number }[]): number =>
  lessons.reduce((total, { seconds }) => total + seconds, 0);
