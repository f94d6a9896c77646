import type { Stage, Subject } from '#platform';

interface Place {
  id: string;
  stage: Stage;
  subject: Subject;
  members: number;
}

interface Unplaced {
  id: string;
  stage: Stage;
  subject: string;
}

/**
 * Says into which workshop each enrolment goes: one of its stage and subject, else one of its stage for all subjects
 * (`general`), the one with the fewest members first, so that classes stay even. Enrolments that fit nowhere are left out.
 * @returns enrolment → workshop
 */
export function placements(unplaced: readonly Unplaced[], places: readonly Place[]): Map<string, string> {
  const byKind = new Map<string, Place[]>();
  for (const place of places) {
    const kind = `${place.stage} ${place.subject}`;
    byKind.set(kind, [...(byKind.get(kind) ?? []), { ...place }]);
  }
  const placed = new Map<string, string>();
  for (const { id, stage, subject } of unplaced) {
    const fitting = byKind.get(`${stage} ${subject}`) ?? byKind.get(`${stage} general`) ?? [];
    const [first, ...others] = fitting;
    if (!first) continue;
    const smallest = others.reduce((least, place) => (place.members < least.members ? place : least), first);
    smallest.members += 1;
    placed.set(id, smallest.id);
  }
  return placed;
}
