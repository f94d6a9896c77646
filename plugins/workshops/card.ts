import { type Host, Kept, type LocalText, localText } from '#platform';
import type { Workshops } from './workshop.service.ts';

interface Card {
  name: LocalText;
  /** Name. */
  moderator: string;
}

/** How long a card is kept, in milliseconds: dozens of learners see the same one. */
const keptMs = 2_000;

/** The learner's workshops, on the first page and beside an enrolment. */
export function addCard(host: Pick<Host, 'slot' | 'accounts'>, workshops: Workshops): void {
  const kept = new Kept<Card>(keptMs);

  async function read(id: string): Promise<Card> {
    const { name, moderator } = await workshops.get(id);
    return { name, moderator: (await host.accounts.get(moderator)).name };
  }

  for (const place of ['home.side', 'enrolment.side'] as const) {
    host.slot(place, {
      view: 'card',
      order: 40,
      async data({ viewer, language, subject }) {
        if (!viewer) return undefined;
        const own = [subject.enrolments ?? subject.enrolment].flat() as { workshop?: string; state: string }[];
        const ids = own.flatMap((one) => (one?.workshop && one.state !== 'withdrawn' ? [one.workshop] : []));
        if (ids.length === 0) return undefined;
        const found = await Promise.all(ids.map((id) => kept.get(id, () => read(id))));
        return {
          cards: found.map(({ name, moderator }, index) => ({
            id: ids[index],
            name: localText(name, language),
            moderator,
          })),
        };
      },
    });
  }
}
