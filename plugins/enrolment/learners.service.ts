import {
  AppError,
  covers,
  type Enrolment,
  type EnrolmentState,
  enrolmentStates,
  errors,
  type Paging,
  type RollUp,
  regionScopes,
  type User,
  unscoped,
  type Viewer,
  within,
} from '#platform';
import type { Access, CoreHost } from './access.ts';

const listed = ['learner', 'name', 'organisation', 'stage', 'subject', 'workshop', 'state', 'total'] as const;
const listedOfUsers = ['idMasked', 'passwordHash'] as const;

export interface LearnerRow {
  enrolment: Pick<Enrolment, '_id' | (typeof listed)[number]>;
  /** Undefined where the account is gone. */
  user: Pick<User, (typeof listedOfUsers)[number]> | undefined;
}

export interface LearnerFilter {
  programme: string;
  state?: EnrolmentState | undefined;
  organisation?: string | undefined;
}

/** A code with which a teacher sets a first password; shown once. */
export interface ActivationSlip {
  name: string;
  organisation: string;
  idMasked: string;
  code: string;
}

/** Codes that one request issues at most. */
const mostCodes = 5_000;

type Coded = Pick<Enrolment, 'learner' | 'name' | 'organisation'>;

/** Teachers who need a code, apart by whether they have one that still works. */
interface CodeRequest {
  without: Coded[];
  replaced: Coded[];
}

/** The teachers of the viewer's scope in a programme, and what administrators do with them. */
export function createLearners(host: CoreHost, access: Access) {
  const find = (viewer: Viewer, id: string) => host.enrolments.get(id, within(viewer, access.managers, {}));

  const slips = async (viewer: Viewer, enrolments: Coded[]) => {
    const ids = [...new Set(enrolments.map(({ learner }) => learner))].slice(0, mostCodes);
    const [codes, users] = await Promise.all([
      host.accounts.issueActivationCodes(unscoped({ ids }), viewer.id),
      host.accounts.byIds(ids, ['idMasked']),
    ]);
    const masked = new Map(users.map((user) => [user._id, user.idMasked ?? '']));
    return enrolments.flatMap(({ learner, name, organisation }): ActivationSlip[] => {
      const code = codes.get(learner);
      return code ? [{ name, organisation, idMasked: masked.get(learner) ?? '', code }] : [];
    });
  };

  const requestFor = async (enrolments: Coded[]): Promise<CodeRequest> => {
    const ids = [...new Set(enrolments.map(({ learner }) => learner))];
    const [active, out] = await Promise.all([host.accounts.activated(ids), host.accounts.withActivationCode(ids)]);
    const wanted = enrolments.filter(({ learner }) => !active.has(learner));
    return {
      without: wanted.filter(({ learner }) => !out.has(learner)),
      replaced: wanted.filter(({ learner }) => out.has(learner)),
    };
  };

  return {
    /** One page of teachers by name. `sums`: those of everything that the viewer administers, where they are known. */
    async list(
      viewer: Viewer,
      filter: LearnerFilter,
      page: Paging,
      sums: readonly RollUp[] = [],
    ): Promise<{ rows: LearnerRow[]; total: number }> {
      const scope = within(viewer, access.managers, filter);
      const { rows, total } = await host.enrolments.list(scope, { ...page, total: counted(filter, sums) }, listed);
      const learners = rows.map(({ learner }) => learner);
      const users = await host.accounts.byIds(learners, listedOfUsers);
      const byId = new Map(users.map((user) => [user._id, user]));
      return { rows: rows.map((enrolment) => ({ enrolment, user: byId.get(enrolment.learner) })), total };
    },

    /** The sums of everything that the viewer administers. */
    sums: (viewer: Viewer, programme: string): Promise<RollUp[]> =>
      host.progress.rollUps.of(programme, access.scopes(viewer, programme)),

    /** @throws core:not-found, enrolment:is-qualified */
    async withdraw(viewer: Viewer, id: string): Promise<Enrolment> {
      const enrolment = await find(viewer, id);
      if (enrolment.state === 'qualified') throw new AppError('enrolment:is-qualified', 409);
      if (enrolment.state === 'withdrawn') return enrolment;
      const after = await host.progress.withdraw(id);
      await host.audit.record({ actor: viewer.id, action: 'enrolment.withdraw', subject: id });
      return after;
    },

    /** @throws core:not-found */
    async rejoin(viewer: Viewer, id: string): Promise<Enrolment> {
      const enrolment = await find(viewer, id);
      if (enrolment.state !== 'withdrawn') return enrolment;
      const after = await host.progress.rejoin(id);
      await host.audit.record({ actor: viewer.id, action: 'enrolment.rejoin', subject: id });
      return after;
    },

    /** Who of these enrolments gets a code: teachers without a password; those outside the scope are passed over. */
    async toCode(viewer: Viewer, enrolments: string[]): Promise<CodeRequest> {
      const scope = within(viewer, access.managers, {});
      return requestFor(await host.enrolments.byIds(enrolments.slice(0, mostCodes), scope));
    },

    /** Who of the viewer's scope in a programme gets a code: every teacher without a password. */
    async allToCode(viewer: Viewer, programme: string): Promise<CodeRequest> {
      const found: Coded[] = [];
      for await (const { learner, name, organisation, state } of host.enrolments.each(
        within(viewer, access.managers, { programme }),
      )) {
        if (state !== 'withdrawn') found.push({ learner, name, organisation });
        if (found.length === mostCodes) break;
      }
      return requestFor(found);
    },

    /** New codes; the earlier ones of the same teachers work no longer. */
    issueCodes: (viewer: Viewer, enrolments: Coded[]): Promise<ActivationSlip[]> => slips(viewer, enrolments),

    /**
     * Lets a county that organises its own training take part.
     * @throws core:not-found for a region outside the viewer's or the programme's, enrolment:after-deadline
     */
    async join(viewer: Viewer, programmeId: string, region: string): Promise<void> {
      const programme = await access.programme(viewer, programmeId);
      const { path } = await host.regions.get(region);
      const may = covers(viewer, host.rolesFor('join'), regionScopes(path));
      if (path.at(-2) !== programme.region || !may) throw errors.notFound();
      const late = Date.now() >= programme.term.enrolUntil.getTime();
      if (late && !(await access.mayEnrolLate(viewer, programme))) throw new AppError('enrolment:after-deadline', 409);
      if (!programme.regions.includes(region)) await host.programmes.addRegion(programmeId, region, viewer.id);
    },
  };
}

/** How many rows a filter has, where the sums say it: somebody may lie in two scopes. */
function counted({ state, organisation }: LearnerFilter, [sum, ...others]: readonly RollUp[]): number | undefined {
  if (!sum || others.length > 0 || organisation) return undefined;
  return state ? sum.counts[state] : enrolmentStates.reduce((all, each) => all + sum.counts[each], 0);
}

export type Learners = ReturnType<typeof createLearners>;
