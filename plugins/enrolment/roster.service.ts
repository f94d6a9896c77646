import { trusted } from 'mongoose';
import {
  AppError,
  beijingDay,
  covers,
  enrolmentId,
  errors,
  type Host,
  type Language,
  maskIdNumber,
  type Programme,
  regionScopes,
  unscoped,
  type Viewer,
} from '#platform';
import type { Access, CoreHost } from './access.ts';
import type { Batch, models } from './batch.model.ts';
import { createEnroller, type EnrolmentResult } from './enroller.ts';
import { markedWorkbook } from './marked-workbook.ts';
import { checkRoster, type Known } from './roster-check.ts';
import { hiddenRows, type Refusal, type RosterRow, readRows } from './roster-rows.ts';
import { findRoster, type RosterSheet, tooManyRows } from './roster-sheet.ts';
import { createUploads } from './uploads.ts';

export type RosterHost = CoreHost & { models: Host<never, typeof models>['models'] };

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
  const uploads = createUploads(host);

  const known = async (
    viewer: Viewer,
    programme: Programme,
    entries: readonly RosterRow[],
    at: Date,
  ): Promise<Known> => {
    const [people, phones, schools, mayEnrolLate] = await Promise.all([
      host.accounts.byIdNumbers(entries.flatMap((entry) => entry.idNumber ?? [])),
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

  /** A sheet of more rows than are read is a roster of too many teachers. */
  const readSheets = (file: Buffer) =>
    host.workbooks.read(file).catch((error: unknown) => {
      throw error instanceof AppError && error.code === 'core:workbook-too-many-rows' ? tooManyRows() : error;
    });

  /** What a batch says of the rows of a sheet. */
  const check = async (viewer: Viewer, programme: Programme, sheet: RosterSheet, takeHidden: boolean, at: Date) => {
    const rows = readRows(sheet, beijingDay(new Date()), takeHidden);
    const { accepted, refused } = checkRoster(rows, await known(viewer, programme, rows, at));
    return {
      hiddenTaken: takeHidden,
      accepted: accepted.map(({ idNumber, problems: _, ...row }) => ({
        ...row,
        sealed: host.accounts.seal(idNumber),
        idMasked: maskIdNumber(idNumber),
      })),
      refused,
    };
  };

  return {
    /**
     * Checks a roster and keeps what may be enrolled for a day. Rows that the spreadsheet hides are left out at first.
     * @throws core:not-found for a foreign programme; core:workbook-…, enrolment:… for a file that cannot be read as a roster
     */
    async upload(viewer: Viewer, { programme: id, file, fileName, at }: RosterUpload): Promise<Batch> {
      const programme = await access.programme(viewer, id);
      const sheet = findRoster(await readSheets(file));
      const createdAt = new Date();
      const expiresAt = new Date(createdAt.getTime() + batchMs);
      const batch = new batches({
        programme: id,
        uploader: viewer.id,
        fileName: fileName.slice(0, 120),
        sheet: sheet.name,
        otherSheets: sheet.others,
        hiddenRows: hiddenRows(sheet),
        createdAt,
        expiresAt,
        ...(at && { judgedAt: at }),
        ...(await check(viewer, programme, sheet, false, at ?? createdAt)),
      });
      await uploads.keep(batch._id, sheet, expiresAt);
      await batch.save();
      return batch.toObject() as Batch;
    },

    /** Takes rows that the spreadsheet hides, or leaves them out, and checks again. @throws core:not-found, enrolment:confirmed */
    async takeHidden(viewer: Viewer, id: string, take: boolean): Promise<Batch> {
      const batch = await find(viewer, id);
      const programme = await access.programme(viewer, batch.programme);
      const checked = await check(viewer, programme, await uploads.read(id), take, batch.judgedAt ?? new Date());
      const free = {
        state: 'pending' as const,
        $or: [{ leasedUntil: null }, { leasedUntil: trusted({ $lt: new Date() }) }],
      };
      const { matchedCount } = await batches.updateOne({ _id: id, ...free }, { $set: checked });
      if (matchedCount === 0) throw new AppError('enrolment:confirmed', 409);
      return find(viewer, id);
    },

    /** The uploaded rows with a column of what is wrong with each, as .xlsx. @throws core:not-found */
    async marked(viewer: Viewer, id: string, language: Language): Promise<{ name: string; content: Buffer }> {
      const batch = await find(viewer, id);
      const content = await markedWorkbook(await uploads.read(id), batch, host.translate(language));
      await host.audit.record({
        actor: viewer.id,
        action: 'roster.marked',
        subject: batch.programme,
        details: { batch: id },
      });
      return { name: batch.fileName, content };
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
          { $sort: { createdAt: -1, _id: -1 } },
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
    const rows = batch.accepted.map(({ sealed, idMasked: _, ...row }) => ({
      ...row,
      phone: row.phone ?? undefined,
      title: row.title ?? undefined,
      idKind: row.idKind ?? undefined,
      idNumber: host.accounts.unseal(sealed),
      problems: [],
    })) as unknown as RosterRow[];
    const checked = checkRoster(rows, await known(viewer, programme, rows, batch.judgedAt ?? new Date()));
    const isEnrolled = ({ problems }: Refusal) => problems.every(({ reason }) => reason === 'already-enrolled');
    const refused = checked.refused.filter((refusal) => !isEnrolled(refusal));
    const before = checked.refused.length - refused.length;
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
