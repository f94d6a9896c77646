import { type CompanionWrite, type Enrolment, type Paging, pageOf, unscoped, type Viewer, within } from '#platform';
import { type Anomaly, type AnomalyKind, anomaliesOf, isSameEvidence } from './anomalies.ts';
import type { StoredAnomaly } from './anomaly.model.ts';
import type { DayLedger } from './day-ledger.ts';
import type { VideoHost } from './plugin.ts';

export interface AnomalyLine extends StoredAnomaly {
  enrolled: Pick<Enrolment, 'name' | 'organisation'>;
}

interface AnomalyQuery {
  programme?: string | undefined;
  kind?: AnomalyKind | undefined;
  enrolment?: string | undefined;
}

/** What stands out, kept as evidence and shown to those who are in charge of the people. */
export class Anomalies {
  readonly #host: VideoHost;

  constructor(host: VideoHost) {
    this.#host = host;
  }

  /** Writes for what a day newly shows, to be made durable together with the day. */
  async changes(enrolment: string, before: DayLedger, after: DayLedger): Promise<CompanionWrite[]> {
    if (isSameEvidence(before, after)) return [];
    const known = new Set(anomaliesOf(before).map((anomaly) => JSON.stringify(anomaly)));
    const found = anomaliesOf(after).filter((anomaly) => !known.has(JSON.stringify(anomaly)));
    if (found.length === 0) return [];
    const { programme, scopes } = await this.#host.enrolments.get(enrolment, unscoped({}));
    return found.map((anomaly) => this.#write({ enrolment, programme, scopes, day: after.day, ...anomaly }));
  }

  /** One page of what the viewer may see, the newest day first. */
  async list(
    viewer: Viewer,
    { programme, kind, enrolment }: AnomalyQuery,
    page: Pick<Paging, 'skip' | 'limit'>,
  ): Promise<{ rows: AnomalyLine[]; total: number }> {
    const { enrolments, models, rolesFor } = this.#host;
    const roles = rolesFor('judge');
    const asked = { ...(programme && { programme }), ...(kind && { kind }), ...(enrolment && { enrolment }) };
    const filter = within(viewer, roles, asked) as object;
    const found = models.anomalies.find(filter).sort({ day: -1, _id: 1 }).skip(page.skip).limit(page.limit).lean();
    const { rows, total } = await pageOf(page, found, () => models.anomalies.countDocuments(filter));
    const people = await enrolments.byIds([...new Set(rows.map((row) => row.enrolment))], within(viewer, roles, {}));
    const byId = new Map(people.map(({ _id, name, organisation }) => [_id, { name, organisation }]));
    return {
      rows: rows.flatMap((row) => {
        const enrolled = byId.get(row.enrolment);
        return enrolled ? [{ ...row, enrolled }] : [];
      }),
      total,
    };
  }

  #write(line: Omit<StoredAnomaly, '_id' | 'ms' | 'first' | 'last'> & Anomaly): CompanionWrite {
    const { enrolment, ...set } = line;
    const _id = `${enrolment}|${line.day}|${line.kind}`;
    const write = { updateOne: { filter: { _id, enrolment }, update: { $set: set }, upsert: true } };
    return { model: this.#host.models.anomalies, key: _id, write };
  }
}
