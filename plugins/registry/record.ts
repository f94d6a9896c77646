import { createHash } from 'node:crypto';
import { beijingDay } from '#platform';
import type { HoursRecord } from './adapter.ts';

/** What a delivery keeps of its record: everything but the ID number. */
export interface FrozenRecord {
  key: string;
  name: string;
  programme: string;
  programmeTitle: string;
  provider: string;
  hours: number;
  /** Hundredths. */
  score: number;
  qualifiedAt: Date;
}

/** The one key under which an enrolment is ever registered. */
export function recordKey(enrolment: string): string {
  return createHash('sha256').update(`hours of ${enrolment}`).digest('hex').slice(0, 40);
}

export function recordOf(frozen: FrozenRecord, idNumber: string): HoursRecord {
  return {
    key: frozen.key,
    idNumber,
    name: frozen.name,
    programme: frozen.programme,
    programmeTitle: frozen.programmeTitle,
    hours: frozen.hours,
    year: Number(beijingDay(frozen.qualifiedAt).slice(0, 4)),
    provider: frozen.provider,
    qualifiedAt: frozen.qualifiedAt.toISOString(),
    score: `${Math.floor(frozen.score / 100)}.${String(frozen.score % 100).padStart(2, '0')}`,
  };
}
