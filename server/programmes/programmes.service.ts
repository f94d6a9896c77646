import { type ClientSession, type InferSchemaType, type Model, trusted } from 'mongoose';
import type { Audit } from '../accounts/audit.ts';
import { covers, idsOf, type Role, regionScopes, type Scope, scopesOf, type Viewer } from '../accounts/scope.ts';
import { AppError, errors } from '../errors.ts';
import { Kept } from '../kept.ts';
import type { LocalText } from '../languages.ts';
import { isSameScheme, type Schemes } from '../progress/rescore.ts';
import { type Scheme, validateScheme } from '../progress/weighted-score.ts';
import type { Regions } from '../regions/regions.service.ts';
import type { programmeSchema } from './programme.model.ts';

type Stored = InferSchemaType<typeof programmeSchema>;
interface Term {
  enrolFrom: Date;
  enrolUntil: Date;
  from: Date;
  to: Date;
}
export type Programme = Omit<Stored, 'scheme' | 'earlier' | 'term' | 'title' | 'description'> & {
  scheme: Scheme;
  /** Corrected schemes, oldest first. */
  earlier?: Scheme[] | undefined;
  term: Term;
  title: LocalText;
  description?: LocalText | undefined;
};
export type NewProgramme = Omit<Programme, '_id' | 'state' | 'createdAt' | 'settings'> &
  Partial<Pick<Programme, '_id' | 'settings'>>;

/** Roles that set programmes up. */
export const programmeManagers: readonly Role[] = ['operator', 'province', 'city-bureau', 'provider-manager'];

/** Roles that see programmes of their scope before these are open: who sets them up and makes or judges what is in them. */
const draftReaders: readonly Role[] = [...programmeManagers, 'course-author', 'expert'];

/** How long a programme is kept in memory before it is read again, in milliseconds. */
const keptMs = 2_000;

/** Training programmes. What they are is public once they are open; who studies in them is not. */
export class Programmes {
  readonly #programmes: Model<Stored>;
  readonly #regions: Regions;
  readonly #audit: Audit;
  readonly #kept = new Kept<Programme>(keptMs);
  readonly #list = new Kept<Programme[]>(keptMs);

  constructor(deps: { programmes: Model<Stored>; regions: Regions; audit: Audit }) {
    this.#programmes = deps.programmes;
    this.#regions = deps.regions;
    this.#audit = deps.audit;
  }

  /** At most two seconds old. @throws core:not-found */
  get(id: string): Promise<Programme> {
    return this.#kept.get(id, () => this.#read(id));
  }

  /** The programme, where the viewer may know of it. At most two seconds old. @throws core:not-found */
  async readable(viewer: Viewer | undefined, id: string): Promise<Programme> {
    const programme = await this.get(id);
    if (!(await this.mayRead(viewer, programme))) throw errors.notFound();
    return programme;
  }

  /** Whether somebody may know of a programme: everybody once it is open, before that who prepares it. */
  async mayRead(viewer: Viewer | undefined, programme: Programme): Promise<boolean> {
    if (programme.state !== 'draft') return true;
    return viewer !== undefined && covers(viewer, draftReaders, await this.scopesOf(programme));
  }

  /** Those of the ids that there are, newest term first. */
  async byIds(ids: string[]): Promise<Programme[]> {
    const found = (await this.#programmes.find({ _id: trusted({ $in: ids }) }).lean()) as Programme[];
    return found.sort((a, b) => b.term.from.getTime() - a.term.from.getTime() || (a._id < b._id ? -1 : 1));
  }

  /**
   * Programmes that concern the viewer's scopes in the given roles: set up in, above or below their region, for a stage that
   * their school teaches, by their organisation, or named in the grant. Drafts are among them for who may read them.
   */
  async visibleTo(viewer: Viewer, roles: readonly Role[]): Promise<Programme[]> {
    const held = scopesOf(viewer, roles);
    if (held === 'all') return [...(await this.all())];
    const [regions, providers, named] = [idsOf(held, 'region'), idsOf(held, 'organisation'), idsOf(held, 'programme')];
    const organisations = await this.#regions.organisationsByIds(providers);
    const tree = await this.#regions.all();
    const isAround = (of: string, region: string) =>
      tree.get(of)?.path.includes(region) || tree.get(region)?.path.includes(of) || false;
    const fits = ({ _id, region, provider, stages }: Programme) =>
      regions.some((of) => isAround(of, region)) ||
      providers.includes(provider) ||
      named.includes(_id) ||
      organisations.some(
        (school) =>
          school.kind === 'school' &&
          tree.get(school.region)?.path.includes(region) &&
          stages.some((stage) => school.stages.includes(stage)),
      );
    const found = (await this.all()).filter(fits);
    const readable = await Promise.all(found.map((programme) => this.mayRead(viewer, programme)));
    return found.filter((_, index) => readable[index]);
  }

  /** @throws core:invalid-scheme */
  async create(programme: NewProgramme, actor?: string): Promise<Programme> {
    this.#checkScheme(programme.scheme);
    const made = await this.#programmes.create(programme as unknown as Stored);
    await this.#audit.record({ actor, action: 'programme.create', subject: made._id });
    this.#forget(made._id);
    return made.toObject() as Programme;
  }

  /** Changes a draft's scheme. @throws core:invalid-scheme, core:programme-frozen */
  async changeScheme(id: string, scheme: Omit<Scheme, 'version'>, actor: string): Promise<void> {
    const programme = await this.#read(id);
    if (programme.state !== 'draft') throw new AppError('core:programme-frozen', 409);
    const next = { ...scheme, version: programme.scheme.version + 1 };
    this.#checkScheme(next);
    await this.#programmes.updateOne({ _id: id, state: 'draft' }, { $set: { scheme: next } });
    await this.#audit.record({ actor, action: 'programme.scheme', subject: id, details: { version: next.version } });
    this.#forget(id);
  }

  /** Opens a draft: from now on its scheme is frozen. */
  async open(id: string, actor?: string): Promise<void> {
    const { modifiedCount } = await this.#programmes.updateOne(
      { _id: id, state: 'draft' },
      { $set: { state: 'open' } },
    );
    if (modifiedCount === 0) throw new AppError('core:programme-frozen', 409);
    await this.#audit.record({ actor, action: 'programme.open', subject: id });
    this.#forget(id);
  }

  /**
   * Puts a corrected scheme in the place of an open programme's, as its next version, and keeps the one it replaces.
   * `corrected` has to be told once the transaction is committed.
   * @throws core:not-found, core:invalid-scheme, core:programme-not-open, core:scheme-same, core:conflict-rescoring
   */
  async correctScheme(id: string, scheme: Omit<Scheme, 'version'>, session: ClientSession): Promise<Scheme> {
    const programme = await this.#programmes.findById(id, null, { session }).lean();
    if (!programme) throw errors.notFound();
    if (programme.state !== 'open') throw new AppError('core:programme-not-open', 409);
    const current = programme.scheme as Scheme;
    const next = { ...scheme, version: current.version + 1 };
    this.#checkScheme(next);
    if (isSameScheme(current, next)) throw new AppError('core:scheme-same', 422);
    const { modifiedCount } = await this.#programmes.updateOne(
      { _id: id, state: 'open', 'scheme.version': current.version },
      { $set: { scheme: next }, $push: { earlier: current } },
      { session },
    );
    if (modifiedCount === 0) throw errors.conflict('rescoring');
    return next;
  }

  /** What is kept of the programme is old. */
  corrected(id: string): void {
    this.#forget(id);
  }

  /** The schemes that results are by, at least as new as a version that the caller has seen. @throws core:not-found */
  async schemesOf(id: string, seen = 0): Promise<Schemes> {
    const kept = await this.get(id);
    if (kept.scheme.version >= seen) return kept;
    this.#forget(id);
    return this.get(id);
  }

  /** Whether the viewer sets this programme up: it, its provider or its region lies in their scope. */
  async manages(viewer: Viewer, programme: Programme): Promise<boolean> {
    return covers(viewer, programmeManagers, await this.scopesOf(programme));
  }

  /** Where a programme lies: itself, its provider, and the regions from its own, or from all of `regions`, upwards. */
  async scopesOf({ _id, provider, region }: Programme, regions: readonly string[] = [region]): Promise<Scope[]> {
    const tree = await this.#regions.all();
    const codes = regions.flatMap((code) => tree.get(code)?.path ?? []);
    return [`programme:${_id}`, `organisation:${provider}`, ...regionScopes(codes)];
  }

  /** Lets a region that organises its own training take part. */
  async addRegion(id: string, region: string, actor: string): Promise<void> {
    await this.#regions.get(region);
    await this.#programmes.updateOne({ _id: id }, { $addToSet: { regions: region } });
    await this.#audit.record({ actor, action: 'programme.add-region', subject: id, details: { region } });
    this.#forget(id);
  }

  async #read(id: string): Promise<Programme> {
    const programme = await this.#programmes.findById(id).lean();
    if (!programme) throw errors.notFound();
    return programme as Programme;
  }

  /** Every programme, newest term first; there are few, and every page of an official asks. At most two seconds old. */
  all(): Promise<Programme[]> {
    return this.#list.get('', async () => {
      return (await this.#programmes.find().sort({ 'term.from': -1, _id: 1 }).lean()) as Programme[];
    });
  }

  #forget(id: string): void {
    this.#kept.forget(id);
    this.#list.clear();
  }

  #checkScheme(scheme: Scheme): void {
    const [problem] = validateScheme(scheme);
    if (problem) throw new AppError(`core:scheme-${problem.code}`, 422, { params: { ...problem } });
  }
}

/** Whether study counts at this moment. */
export function isInTerm(programme: Pick<Programme, 'term' | 'state'>, now: number): boolean {
  return programme.state === 'open' && now >= programme.term.from.getTime() && now < programme.term.to.getTime();
}
