import { type InferSchemaType, type Model, trusted } from 'mongoose';
import { AppError, errors, type Host, Kept, type LocalText, newId, type Stage, type Subject } from '#platform';
import type { workshopSchema } from './workshop.model.ts';

type Stored = InferSchemaType<typeof workshopSchema>;

export type Workshop = Omit<Stored, 'name' | 'region'> & { name: LocalText; region?: string | undefined };

export interface NewWorkshop {
  /** A free one where nothing is said. */
  id?: string | undefined;
  programme: string;
  name: LocalText;
  stage: Stage;
  subject: Subject;
  /** User id. */
  moderator: string;
  region?: string | undefined;
}

/** What of a workshop can change; its programme, stage and subject stay what its members enrolled for. */
export interface WorkshopChange {
  name: LocalText;
  moderator: string;
}

type Core = Pick<Host, 'accounts' | 'audit' | 'programmes'>;

/** How long workshops are kept in memory before they are read again, in milliseconds: every page of theirs asks. */
const keptMs = 2_000;

/** Workshops and the grants of their moderators. Who may ask is decided by `workshop-access.ts`. */
export class Workshops {
  readonly #workshops: Model<Stored>;
  readonly #core: Core;
  readonly #byId = new Kept<Workshop>(keptMs);
  readonly #lists = new Kept<Workshop[]>(keptMs);

  constructor(workshops: Model<Stored>, core: Core) {
    this.#workshops = workshops;
    this.#core = core;
  }

  /** At most two seconds old. @throws core:not-found */
  get(id: string): Promise<Workshop> {
    return this.#byId.get(id, async () => {
      const found = await this.#workshops.findById(id).lean();
      if (!found) throw errors.notFound();
      return found as Workshop;
    });
  }

  /** By stage and subject, at most two seconds old. */
  ofProgramme(programme: string): Promise<Workshop[]> {
    return this.#lists.get(`programme ${programme}`, () => this.storedOf(programme));
  }

  /** By stage and subject, with those that another process has just made. */
  async storedOf(programme: string): Promise<Workshop[]> {
    const found = await this.#workshops.find({ programme }).sort({ stage: 1, subject: 1, _id: 1 }).lean();
    return found as Workshop[];
  }

  /** Those that this person moderates, the newest programme's last; at most two seconds old. */
  ofModerator(moderator: string): Promise<Workshop[]> {
    return this.#lists.get(`moderator ${moderator}`, async () => {
      return (await this.#workshops.find({ moderator }).sort({ createdAt: 1, _id: 1 }).lean()) as Workshop[];
    });
  }

  async byIds(ids: string[]): Promise<Workshop[]> {
    return (await this.#workshops.find({ _id: trusted({ $in: ids }) }).lean()) as Workshop[];
  }

  /**
   * Makes a workshop and its moderator's grant.
   * @throws core:not-found for an unknown programme or moderator; workshops:wrong-stage where the programme has no such
   * stage; workshops:taken where the id is used
   */
  async create({ id = newId(), region, ...given }: NewWorkshop, actor?: string): Promise<string> {
    const programme = await this.#core.programmes.get(given.programme);
    if (!programme.stages.includes(given.stage)) throw new AppError('workshops:wrong-stage', 422);
    await this.#core.accounts.get(given.moderator);
    if (await this.#workshops.exists({ _id: id })) throw new AppError('workshops:taken', 409);
    await this.#workshops.create({ _id: id, ...given, name: storedName(given.name), ...(region && { region }) });
    this.#forget(id);
    await this.#grant(given.moderator, id, actor);
    await this.#core.audit.record({ actor, action: 'workshop.create', subject: id, details: { ...given } });
    return id;
  }

  /**
   * Changes name and moderator. The new moderator gets the grant before the old one loses it; when two changes cross,
   * each takes back the grant that it replaced, so that exactly one is left.
   * @throws core:not-found for an unknown workshop or moderator
   */
  async change(id: string, { name, moderator }: WorkshopChange, actor: string): Promise<void> {
    await this.get(id);
    await this.#core.accounts.get(moderator);
    await this.#grant(moderator, id, actor);
    const before = await this.#workshops
      .findOneAndUpdate({ _id: id }, { $set: { name: storedName(name), moderator } })
      .lean();
    this.#forget(id);
    if (before && before.moderator !== moderator) {
      await this.#core.accounts.revoke(before.moderator, { role: 'moderator', scope: `workshop:${id}` }, actor);
    }
    await this.#core.audit.record({ actor, action: 'workshop.change', subject: id, details: { name, moderator } });
  }

  #forget(id: string): void {
    this.#byId.forget(id);
    this.#lists.clear();
  }

  #grant(user: string, workshop: string, actor: string | undefined): Promise<void> {
    return this.#core.accounts.grant(user, { role: 'moderator', scope: `workshop:${workshop}` }, actor);
  }
}

const storedName = ({ zh, en }: LocalText): { zh: string; en?: string } => ({ zh, ...(en && { en }) });
