import type { AnyBulkWriteOperation, Model } from 'mongoose';
import type { Enrolment } from '../programmes/enrolments.service.ts';

/** A write of a plugin's own that must be durable together with the values it explains. */
export interface CompanionWrite {
  // biome-ignore lint/suspicious/noExplicitAny: the recorder passes on writes of any plugin's model
  model: Model<any>;
  /** Writes with the same key in one group replace each other: the last, absolute one stays. */
  key: string;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  write: AnyBulkWriteOperation<any>;
  /** The write is what the schema says already: it goes to the database without being looked at again. */
  exact?: boolean;
}

/** One enrolment as a commit found it and left it. */
export interface CommittedChange {
  before: Enrolment;
  after: Enrolment;
}
