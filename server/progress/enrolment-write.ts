import type { AnyBulkWriteOperation } from 'mongoose';
import type { Enrolment } from '../programmes/enrolments.service.ts';
import type { CommittedChange } from './commit.ts';

/** What a change writes; without effect where the enrolment has another revision by now. */
export function enrolmentUpdate({ before, after }: CommittedChange): AnyBulkWriteOperation<Enrolment> {
  const set: Record<string, unknown> = { measures: after.measures, rev: after.rev };
  for (const activity in after.values) {
    const value = after.values[activity];
    if (before.values[activity] !== value) set[`values.${activity}`] = value;
  }
  if (!isSame(after.components, before.components)) Object.assign(set, { components: after.components });
  for (const field of ['total', 'state', 'scopes', 'scheme', 'workshop', 'lastDay', 'lastAt', 'qualifiedAt'] as const) {
    if (after[field] !== undefined && after[field] !== before[field]) set[field] = after[field];
  }
  const unset = before.workshop && !after.workshop ? { $unset: { workshop: 1 as const } } : {};
  return { updateOne: { filter: { _id: before._id, rev: before.rev }, update: { $set: set, ...unset } } };
}

function isSame(one: Record<string, number>, other: Record<string, number>): boolean {
  for (const key in one) if (one[key] !== other[key]) return false;
  for (const key in other) if (!(key in one)) return false;
  return true;
}
