import type { CommittedChange } from './commit.ts';
import type { RollUps } from './roll-ups.service.ts';

type Publish = (room: string, event: string, value: unknown | (() => Promise<unknown>)) => void;

/** Scopes whose rooms are told new sums. */
const watched = /^(region|workshop):/;

/**
 * Tells the rooms what a commit changed: `enrolment:ID` its `progress`, and each touched region and workshop its
 * `roll-up/<programme>`, read once when the message is sent.
 */
export function announce(changes: readonly CommittedChange[], rollUps: RollUps, publish: Publish): void {
  const touched = new Map<string, Set<string>>();
  for (const { before, after } of changes) {
    const { programme, scopes, total, components, measures, state } = after;
    publish(`enrolment:${after._id}`, 'progress', { total, components, measures, state });
    const ofProgramme = touched.get(programme) ?? new Set();
    touched.set(programme, ofProgramme);
    for (const scope of scopes) ofProgramme.add(scope);
    if (before.scopes !== scopes) for (const scope of before.scopes) ofProgramme.add(scope);
  }
  for (const [programme, scopes] of touched) {
    for (const scope of scopes) {
      if (watched.test(scope))
        publish(scope, `roll-up/${programme}`, async () => (await rollUps.of(programme, [scope]))[0]);
    }
  }
}
