import { trusted } from 'mongoose';
import {
  AppError,
  beijingDay,
  covers,
  enrolmentId,
  errors,
  type Host,
  maskIdNumber,
  type Programme,
  regionScopes,
  unscoped,
  type Viewer,
} from '#platform';
import type { Access, CoreHost } from './access.ts';
import type { Batch, batchSchema } from './batch.model.ts';
import { createEnroller, type EnrolmentResult } from './enroller.ts';
import { checkRoster, type Known } from './roster-check.ts';
import { type Entry, readRows } from './roster-rows.ts';
import { readWorkbook } from './workbook.ts';

export type RosterHost = CoreHost & { models: Host<never, { batches: typeof batchSchema }>['models'] };

export interface RosterUpload {
  programme: string;
  file: Buffer;
  fileName: string;
  /** The moment that deadlines are judged by; now where nothing is said. Only for history that is brought in. */
  at?: Date | undefined;
}

const batchMs = 86_400_000;
/** Longer than the largest confirmation takes; after that a confirmation that died may be taken up again. */
const leaseMs = 60_000;

/** Rosters: checked on upload, enrolled on confirmation. */
export function createRosters(host: RosterHost, access: Access) {
  const { batches } = host.models;
  const enrol = createEnroller(host);

  const known = async (viewer: Viewer, programme: Programme, entries: readonly Entry[], at: Date): Promise<Known> => {
    const [people, phones, schools, mayEnrolLate] = await Promise.all([
      host.accounts.byIdNumbers(entries.map((entry) => entry.idNumber)),
      host.accounts.takenPhones(entries.flatMap((entry) => entry.phone ?? [])),
      schoolsOf(viewer, programme),
      access.mayEnrolLate(viewer, programme),
    ]);
    const ids = [...people.values()].map((user) => enrolmentId(user._id, programme._id));
    const found = await host.enrolments.byIds(ids, unscoped({}));
    const enrolled = new Set(found.filter(({ state }) => state !== 'withdrawn').map(({ learner }) => learner));
    return { programme, schools, people, enrolled, phones, now: at.getTime(), mayEnrolLate };
  };

  const schoolsOf = async (viewer: Viewer, programme: Programme): Promise<Known['schools']> => {
    const tree = await host.regions.all();
    const schools = await host.regions.organisationsIn(programme.region, 'school');
    return schools.map((school) => {
      const scopes = [`organisation:${school._id}`, ...regionScopes(tree.get(school.region)?.path ?? [])];
      return { school, mine: covers(viewer, access.managers, scopes) };
    });
  };

  const find = async (viewer: Viewer, id: string): Promise<Batch> => {
    const batch = await batches.findOne({ _id: id, uploader: viewer.id }).lean();
    if (!batch) throw errors.notFound();
    return batch as Batch;
  };

  return {
    /**
     * Checks a roster and keeps what may be enrolled for a day.
     * @throws core:not-found for a foreign programme; enrolment:* for a file that cannot be read as a roster
     */
    async upload(viewer: Viewer, { programme: id, file, fileName, at }: RosterUpload): Promise<Batch> {
      const programme = await access.programme(viewer, id);
      const createdAt = new Date();
      const moment = at ?? createdAt;
      const { entries, refused } = readRows(await readWorkbook(file), beijingDay(createdAt));
      const checked = checkRoster(entries, await known(viewer, programme, entries, moment));
      const batch = await batches.create({
        programme: id,
        uploader: viewer.id,
        fileName: fileName.slice(0, 120),
        createdAt,
        expiresAt: new Date(createdAt.getTime() + batchMs),
        ...(at && { judgedAt: at }),
        accepted: checked.accepted.map(({ idNumber, ...entry }) => ({
          ...entry,
          sealed: host.accounts.sealIdNumber(idNumber),
          idMasked: maskIdNumber(idNumber),
        })),
        refused: [...refused, ...checked.refused].sort((a, b) => a.row - b.row),
      });
      return batch.toObject() as Batch;
    },

    /** A batch of the viewer's own. @throws core:not-found */
    get: find,

    /** The viewer's newest batches in a programme, without their rows. */
    async recent(viewer: Viewer, programme: string) {
      return batches
        .aggregate<{
          _id: string;
          fileName: string;
          createdAt: Date;
          state: string;
          accepted: number;
          refused: number;
        }>([
          { $match: { uploader: viewer.id, programme } },
          { $sort: { createdAt: -1 } },
          { $limit: 5 },
          {
            $project: {
              fileName: 1,
              createdAt: 1,
              state: 1,
              accepted: { $size: '$accepted' },
              refused: { $size: '$refused' },
            },
          },
        ])
        .exec();
    },

    /**
     * Enrols the accepted rows of a batch, as far as they still may be; again answers what the first time did.
     * @throws core:not-found, enrolment:confirming
     */
    async confirm(viewer: Viewer, id: string): Promise<EnrolmentResult> {
      const batch = await find(viewer, id);
      if (batch.state === 'confirmed') return batch.result as EnrolmentResult;
      const now = new Date();
      const claim = await batches.updateOne(
        {
          _id: id,
          state: 'pending',
          $or: [{ leasedUntil: null }, { leasedUntil: trusted({ $lt: now }) }],
        },
        { $set: { leasedUntil: new Date(now.getTime() + leaseMs) } },
      );
      if (claim.modifiedCount === 0) return settled(viewer, id);
      try {
        const result = await enrolBatch(viewer, batch);
        await batches.updateOne({ _id: id }, { $set: { state: 'confirmed', result }, $unset: { leasedUntil: 1 } });
        return result;
      } catch (error) {
        await batches.updateOne({ _id: id }, { $unset: { leasedUntil: 1 } });
        throw error;
      }
    },
  };

  /** Somebody else was faster: what they did, if they are done. */
  async function settled(viewer: Viewer, id: string): Promise<EnrolmentResult> {
    const batch = await find(viewer, id);
    if (batch.state === 'confirmed') return batch.result as EnrolmentResult;
    throw new AppError('enrolment:confirming', 409);
  }

  async function enrolBatch(viewer: Viewer, batch: Batch): Promise<EnrolmentResult> {
    const programme = await access.programme(viewer, batch.programme);
    const entries = batch.accepted.map(({ sealed, idMasked: _, ...entry }) => ({
      ...entry,
      phone: entry.phone ?? undefined,
      title: entry.title ?? undefined,
      idNumber: host.accounts.openIdNumber(sealed),
    })) as Entry[];
    const checked = checkRoster(entries, await known(viewer, programme, entries, batch.judgedAt ?? new Date()));
    const before = checked.refused.filter(({ reason }) => reason === 'already-enrolled').length;
    const refused = checked.refused.filter(({ reason }) => reason !== 'already-enrolled');
    const done = await enrol(programme._id, checked.accepted);
    const result = { ...done, enrolled: done.enrolled + before, refused };
    await host.audit.record({
      actor: viewer.id,
      action: 'roster.confirm',
      subject: batch.programme,
      details: { batch: batch._id, enrolled: result.enrolled, created: result.created },
    });
    return result;
  }
}

export type Rosters = ReturnType<typeof createRosters>;
