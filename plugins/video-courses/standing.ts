import type { Lesson } from './catalogue.service.ts';
import type { LivePlaying } from './live-playing.ts';
import type { Standing } from './playing.messages.ts';
import { coveredSeconds, type Ranges } from './ranges.ts';
import type { WatchRules } from './watch-rules.ts';
import { isComplete } from './watch-time.ts';

/** What a learner has of a lesson, in seconds. */
export function standingOf(
  { record, position, day }: Pick<LivePlaying, 'record' | 'position' | 'day'>,
  lesson: Pick<Lesson, 'media'>,
  rules: WatchRules,
): Standing {
  return {
    credited: coveredSeconds(record.covered),
    covered: inSeconds(record.covered),
    played: inSeconds(record.played),
    furthest: record.furthest / 1000,
    position,
    complete: isComplete(record, lesson.media.seconds, rules.completePercent),
    dayCredited: day.credited,
    dayCap: rules.dailyCapSeconds,
  };
}

const inSeconds = (ranges: Ranges): number[] => ranges.map((ms) => ms / 1000);

/** Where a player says it stands in a lesson of `seconds`, in media seconds to a tenth; undefined for what is no position. */
export function positionOf(position: number | undefined, seconds: number): number | undefined {
  if (position === undefined || !(position >= 0)) return undefined;
  return Math.round(Math.min(position, seconds) * 10) / 10;
}
