import { type Channel, Refused } from './channel.ts';
import type { KeptBeats, LeftBehind } from './kept-beats.ts';
import type { AnswerReply, Beat, ReportReply } from './messages.ts';

/** Beats in one report at most; the rest follows. */
export const MOST_BEATS = 200;

/** What came of beats that earlier pages left behind. */
interface Replayed {
  /** Whole seconds that the lesson on this page gained. */
  gained: number;
  /** The last answer for the lesson on this page. */
  reply?: ReportReply;
  /** Whether beats still wait for the server. */
  waiting: boolean;
}

/** Sends what earlier pages of this browser could not: with its own times, under the session that it was played in. */
export async function replay(channel: Channel, kept: KeptBeats, lesson: string | undefined): Promise<Replayed> {
  const result: Replayed = { gained: 0, waiting: false };
  for (const left of await kept.leftBehind(Date.now())) {
    const reply = await sendAll(channel, kept, left).catch(() => undefined);
    if (!reply) result.waiting = true;
    else if (left.session.lesson === lesson && reply !== 'refused') {
      result.gained += reply.gained;
      result.reply = reply.last;
    }
  }
  return result;
}

async function sendAll(channel: Channel, kept: KeptBeats, { session, answer, beats }: LeftBehind) {
  if (answer) {
    const body = { token: session.token, ...answer, sentAt: Date.now() };
    await channel.send<AnswerReply>('answer', body).catch(unlessJudged);
    await kept.forgetAnswer(session);
  }
  let last: ReportReply | undefined;
  let played = 0;
  let lost = 0;
  for (let at = 0; at < beats.length; at += MOST_BEATS) {
    const some = beats.slice(at, at + MOST_BEATS);
    try {
      last = await channel.send<ReportReply>('beat', { ...session, position: endOf(some), beats: some });
    } catch (error) {
      if (!(error instanceof Refused && error.judged)) throw error;
      await kept.forget(session, beats);
      return 'refused' as const;
    }
    await kept.forget(session, some);
    if (last.refused.length > 0) continue;
    played += some.flatMap(({ ranges }) => ranges).reduce((sum, [from, to]) => sum + to - from, 0);
    lost += last.reasons.reduce((sum, { seconds }) => sum + seconds, 0);
  }
  return { last: last as ReportReply, gained: Math.round(Math.max(0, played - lost)) };
}

function unlessJudged(error: unknown): void {
  if (!(error instanceof Refused && error.judged)) throw error;
}

/** Where the media stood after some beats, from where the learner goes on. */
function endOf(beats: readonly Beat[]): number | undefined {
  return beats.at(-1)?.ranges.at(-1)?.[1];
}
