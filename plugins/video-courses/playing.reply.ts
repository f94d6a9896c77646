import type { Lesson } from './catalogue.service.ts';
import type { Judgement } from './judging.ts';
import type { LivePlaying } from './live-playing.ts';
import type { ReportReply } from './playing.messages.ts';
import { checkOf } from './presence-token.ts';
import { standingOf } from './standing.ts';
import type { WatchRules } from './watch-rules.ts';

interface Setting {
  lesson: Lesson;
  rules: WatchRules;
  now: number;
  term: { from: number; to: number };
}

/** What a player is told of its report. */
export function replyOf(
  live: LivePlaying,
  { lesson, rules, now, term }: Setting,
  { reasons, refused }: Pick<Judgement, 'reasons' | 'refused'>,
): ReportReply {
  const presence = live.successor ? undefined : checkOf(live, rules, now);
  return {
    state: stateOf(live, presence !== undefined, now >= term.from && now < term.to),
    seq: live.playing.seq,
    standing: standingOf(live, lesson, rules),
    reasons,
    refused: refused.length > 1 ? [...new Set(refused)] : refused,
    ...(presence && { presence }),
  };
}

function stateOf({ successor, ended }: LivePlaying, isAsked: boolean, inTerm: boolean): ReportReply['state'] {
  if (successor) return 'taken-over';
  if (ended) return 'ended';
  if (!inTerm) return 'outside-term';
  return isAsked ? 'check' : 'playing';
}
