import type { Language } from '#platform';
import { clock } from './chapters.ts';
import type { Ranges } from './ranges.ts';

/** Stretches of media, given in milliseconds, as a reader of the language is told of them: one, or flat ranges. */
export function spansIn(language: Language) {
  const span = (from: number, to: number): string => `${clock(from / 1000)}–${clock(Math.ceil(to / 1000))}`;
  const spans = (ranges: Ranges): string =>
    ranges
      .flatMap((edge, index) => (index % 2 ? [] : span(edge, ranges[index + 1]!)))
      .join(language === 'en' ? ', ' : '、');
  return { span, spans };
}
