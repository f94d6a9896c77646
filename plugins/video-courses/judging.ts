import { overlapMs } from './anomalies.ts';
import { BeatCounters } from './beat-counters.ts';
import { noteBeat, noteTogether } from './day-ledger.ts';
import type { Report } from './playing.messages.ts';
import type { LivePlaying } from './playing.store.ts';
import type { WatchRules } from './watch-rules.ts';
import { type CreditInput, credit, type Uncredited } from './watch-time.ts';

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
  live: LivePlaying;
  reasons: Uncredited[];
  counted: BeatCounters;
  /** Whether media was played that counts or is explained, and whether the day has changed without that. */
  played: boolean;
  noted: boolean;
}

/** An overlap shorter than this is the network's, in ms. */
const JITTER_MS = 1_000;

/** Judges the beats of one report, one after the other; `live` is of the day of `now`. */
export function judge(live: LivePlaying, report: Report, circumstances: Circumstances): Judgement {
  const { rules, lesson, term, now } = circumstances;
  const result: Judgement = {
    live: { ...live },
    reasons: [],
    counted: new BeatCounters(),
    played: false,
    noted: false,
  };
  let playedMs = 0;
  for (const given of report.beats) {
    const beat = { ...given, token: report.token } as CreditInput['beat'];
    const { record, playing: session, day } = result.live;
    const judged = credit({ rules, lesson, term, now, record, session, beat, dayCredited: day.credited });
    if (judged.rejected) {
      result.counted.refuse(judged.rejected);
      if (judged.rejected === 'outside-term') noteOutside(result, beat, circumstances);
      continue;
    }
    result.counted.accept(judged);
    if (judged.uncredited.length > 0) result.reasons.push(...judged.uncredited);
    const hasMedia = beat.ranges.length > 0;
    result.played ||= hasMedia;
    playedMs += mediaMs(beat.ranges) / Math.min(beat.rate, rules.seenSpeed);
    result.live.record = judged.record;
    result.live.playing = judged.session;
    if (hasMedia) result.live.day = noteBeat(day, lesson.id, judged, now);
  }
  if (playedMs > 0) result.live = noteAddress(result, playedMs, report.beats.at(-1)?.sentAt, circumstances);
  return result;
}

/** A player outside the term gets nothing, but can read why; the same beat is written down once. */
function noteOutside(result: Judgement, { seq, ranges }: CreditInput['beat'], { lesson, now }: Circumstances): void {
  const lost = ranges.map(([from, to]): Uncredited => ({ reason: 'outside-term', seconds: to - from, from, to }));
  const uncredited = lost.filter(({ seconds, to }) => seconds > 0 && to <= lesson.seconds + 1);
  const { live } = result;
  if (uncredited.length === 0) return;
  result.noted = true;
  result.live = {
    ...live,
    playing: { ...live.playing, seq },
    day: noteBeat(live.day, lesson.id, { credited: 0, uncredited }, now),
  };
}

function noteAddress(
  { live, reasons }: Judgement,
  playedMs: number,
  sentAt: number | undefined,
  { address, now }: Circumstances,
): LivePlaying {
  const { successor } = live;
  if (successor) {
    const elsewhere = successor.heard && successor.heard.address !== address;
    const ms = elsewhere ? sum(reasons.filter(({ reason }) => reason === 'token')) * 1000 : 0;
    return ms < JITTER_MS ? live : { ...live, day: noteTogether(live.day, Math.round(ms), now) };
  }
  const ms = overlapMs(live.heard, { address, now, playedMs, sentAt });
  const heard = { address, at: now, ...(sentAt !== undefined && { sentAt }) };
  return { ...live, heard, day: ms < JITTER_MS ? live.day : noteTogether(live.day, ms, now) };
}

const mediaMs = (ranges: readonly [number, number][]): number =>
  ranges.reduce((total, [from, to]) => total + (to - from) * 1000, 0);
const sum = (reasons: readonly Uncredited[]): number => reasons.reduce((total, { seconds }) => total + seconds, 0);
