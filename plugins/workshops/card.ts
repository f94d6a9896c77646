import { type Host, localText } from '#platform';
import type { Workshops } from './workshop.service.ts';

/** The learner's workshops, on the first page and beside an enrolment. */
export function addCard(host: Pick<Host, 'slot' | 'accounts'>, workshops: Workshops): void {
  for (const place of ['home.side', 'enrolment.side'] as const) {
    host.slot(place, {
      view: 'card',
      order: 40,
      async data({ viewer, language, subject }) {
        if (!viewer) return undefined;
        const own = [subject.enrolments ?? subject.enrolment].flat() as { workshop?: string; state: string }[];
        const ids = own.flatMap((one) => (one?.workshop && one.state !== 'withdrawn' ? [one.workshop] : []));
        if (ids.length === 0) return undefined;
        const found = await workshops.byIds(ids);
        const people = await host.accounts.byIds(found.map(({ moderator }) => moderator));
        const names = new Map(people.map(({ _id, name }) => [_id, name]));
        const cards = found.map(({ _id, name, moderator }) => ({
          id: _id,
          name: localText(name, language),
          moderator: names.get(moderator),
        }));
        return { cards };
      },
    });
  }
}
