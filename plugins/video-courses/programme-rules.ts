import { z } from 'zod';
import type { Programme } from '#platform';
import { DEFAULT_WATCH_RULES, type WatchRules } from './watch-rules.ts';

const whole = (min: number, max: number) => z.number().int().min(min).max(max);

/** What a programme may change under `settings['video-courses']`; names and units as in `WatchRules`. */
const programmeRules = z
  .object({
    beatSeconds: whole(1, 15),
    gapSeconds: whole(5, 120),
    leaseSeconds: whole(15, 3600),
    speed: z.number().min(0.5).max(2),
    seenSpeed: z.number().min(1).max(4),
    dailyCapSeconds: whole(60, 86_400),
    seekLock: z.boolean(),
    completePercent: whole(1, 100),
    presence: z
      .object({
        minSeconds: whole(1, 86_400),
        maxSeconds: whole(1, 86_400),
        answerSeconds: whole(5, 900),
        extensions: whole(0, 100),
      })
      .partial(),
    appeals: z.object({ limitSeconds: whole(0, 360_000), withinDays: whole(0, 366) }).partial(),
  })
  .partial()
  // A beat may account for no more than the gap.
  .refine(({ beatSeconds, gapSeconds }) => {
    const { beatSeconds: usual, gapSeconds: longest } = DEFAULT_WATCH_RULES;
    return (beatSeconds ?? usual) <= (gapSeconds ?? longest);
  });

/** The rules of crediting in a programme: its own where it names valid ones, else the defaults of the design. */
export function rulesOf(programme: Pick<Programme, 'settings'>): WatchRules {
  const given = (programme.settings as Record<string, unknown> | undefined)?.['video-courses'];
  const parsed = programmeRules.safeParse(given ?? {});
  const { presence, appeals, ...rules } = parsed.success ? parsed.data : {};
  return {
    ...DEFAULT_WATCH_RULES,
    ...(rules as Partial<WatchRules>),
    presence: { ...DEFAULT_WATCH_RULES.presence, ...(presence as Partial<WatchRules['presence']>) },
    appeals: { ...DEFAULT_WATCH_RULES.appeals, ...(appeals as Partial<WatchRules['appeals']>) },
  };
}

/** When study counts, in epoch ms; never while the programme is not open. */
export function termOf({ state, term }: Pick<Programme, 'state' | 'term'>): { from: number; to: number } {
  if (state !== 'open') return { from: Number.MAX_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER };
  return { from: term.from.getTime(), to: term.to.getTime() };
}
