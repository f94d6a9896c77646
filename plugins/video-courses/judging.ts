import { overlapMs } from './anomalies.ts';
import type { Beat } from './beat.ts';
import { noteBeats, noteTogether } from './day-ledger.ts';
import { copyOf, type LivePlaying } from './live-playing.ts';
import type { Report } from './playing.messages.ts';
import { positionOf } from './standing.ts';
import type { Reason, WatchRules } from './watch-rules.ts';
import { credit, type Uncredited } from './watch-time.ts';

/** What the beats of a report are judged by; times in server epoch ms. */
export interface Circumstances {
  rules: WatchRules;
  lesson: { id: string; seconds: number };
  term: { from: number; to: number };
  now: number;
  /** Keyed hash of the network address that the report came from. */
  address: string;
}

export interface Judgement {
  /** The session as the report leaves it. */
  live: LivePlaying;
  /** Beats that were taken, and the whole seconds that they earned. */
  accepted: number;
  credited: number;
  /** Stretches of these that earned nothing. */
  reasons: Uncredited[];
  /** Beats refused as a whole: one reason each. */
  refused: Reason[];
  /** Whether media was played that counts or is explained, and whether the day has changed without that. */
  played: boolean;
  noted: boolean;
}

/** An overlap shorter than this is the network's, in ms. */
const JITTER_MS = 1_000;

/** Judges the beats of one report, one after the other; `live` is of the day of `now`. */
export function judge(live: LivePlaying, report: Report, circumstances: Circumstances): Judgement {
  const { rules, lesson, term, now } = circumstances;
  const { token } = report;
  const result: Judgement = {
    live,
    accepted: 0,
    credited: 0,
    reasons: [],
    refused: [],
    played: false,
    noted: false,
  };
  const outside: Uncredited[] = [];
  let { record, playing: session } = live;
  let playedMs = 0;
  let sentAt: number | undefined;
  for (const beat of report.beats) {
    const dayCredited = live.day.credited + result.credited;
    const judged = credit({ rules, lesson, term, now, record, session, token, beat, dayCredited });
    if (judged.rejected) {
      result.refused.push(judged.rejected);
      const lost = judged.rejected === 'outside-term' ? lostOutside(beat, lesson) : [];
      if (lost.length === 0) continue;
      // The same beat is written down once.
      session = { ...session, seq: beat.seq };
      outside.push(...lost);
      continue;
    }
    result.accepted += 1;
    result.credited += judged.credited;
    if (judged.uncredited.length > 0) result.reasons.push(...judged.uncredited);
    result.played ||= beat.ranges.length > 0;
    playedMs += mediaMs(beat.ranges) / Math.min(beat.rate, rules.seenSpeed);
    ({ record, session } = judged);
    sentAt = beat.sentAt;
  }
  result.noted = outside.length > 0;
  const { credited } = result;
  const uncredited = result.noted ? [...result.reasons, ...outside] : result.reasons;
  const day = result.played || result.noted ? noteBeats(live.day, lesson.id, { credited, uncredited }, now) : live.day;
  const after = copyOf(live);
  after.record = record;
  after.playing = session;
  after.day = day;
  after.position = positionOf(report.position, lesson.seconds) ?? live.position;
  after.ended = live.ended || report.leaving === true;
  after.unrequested = live.unrequested < 0 ? -1 : live.unrequested + credited;
  if (playedMs > 0) noteAddress(after, result.reasons, { playedMs, sentAt }, circumstances);
  result.live = after;
  return result;
}

/** A player outside the term gets nothing, but can read why. */
function lostOutside({ ranges }: Beat, { seconds: length }: Circumstances['lesson']): Uncredited[] {
  const lost = ranges.map(([from, to]): Uncredited => ({ reason: 'outside-term', seconds: to - from, from, to }));
  return lost.filter(({ seconds, to }) => seconds > 0 && to <= length + 1);
}

/** Notes in `live` where it was heard, and for how long at another place at the same time. */
function noteAddress(
  live: LivePlaying,
  reasons: readonly Uncredited[],
  { playedMs, sentAt }: { playedMs: number; sentAt: number | undefined },
  { address, now }: Circumstances,
): void {
  const { successor, heard } = live;
  let ms = 0;
  if (successor) {
    const elsewhere = successor.heard && successor.heard.address !== address;
    if (elsewhere) ms = Math.round(sum(reasons.filter(({ reason }) => reason === 'token')) * 1000);
  } else {
    ms = overlapMs(heard, { address, now, playedMs, sentAt });
    live.heard = sentAt === undefined ? { address, at: now } : { address, at: now, sentAt };
  }
  if (ms >= JITTER_MS) live.day = noteTogether(live.day, ms, now);
}

const mediaMs = (ranges: readonly [number, number][]): number =>
  ranges.reduce((total, [from, to]) => total + (to - from) * 1000, 0);
const sum = (reasons: readonly Uncredited[]): number => reasons.reduce((total, { seconds }) => total + seconds, 0);
