/** What the registry is told about one learner in one programme; field by field what travels. */
export interface HoursRecord {
  /** Idempotency key: the same for every attempt at the same enrolment. */
  key: string;
  /** The plain ID number. It stands here while a record is sent, and is neither stored nor logged. */
  idNumber: string;
  name: string;
  /** The platform's id of the programme. */
  programme: string;
  programmeTitle: string;
  hours: number;
  /** Year in Beijing in which the learner qualified. */
  year: number;
  provider: string;
  /** ISO 8601. */
  qualifiedAt: string;
  /** Points out of 100 with two decimals, such as `82.50`. */
  score: string;
}

/** How an attempt ended. What is not certain is `unknown`: the registry may hold the record although nobody said so. */
export type Answer =
  | { kind: 'accepted'; number: string }
  /** The registry will not take this record as it is. */
  | { kind: 'refused'; code: string; reason: string }
  /** Certainly not stored; worth another attempt. */
  | { kind: 'later'; reason: string; afterMs?: number }
  | { kind: 'unknown'; reason: string };

export type Found = Answer | { kind: 'absent' };

/** The way to one province's registry. Neither function throws: whatever happens is an answer. */
export interface Adapter {
  submit(record: HoursRecord, signal: AbortSignal): Promise<Answer>;
  /** Whether the registry holds a record of this key; asked before anything uncertain is sent again. */
  find(key: string, signal: AbortSignal): Promise<Found>;
}
