import { type Enrolment, errors, holds, type Programme, type Viewer, within } from '#platform';
import type { DiscussionsHost } from './discussions.host.ts';
import type { Topic } from './topic.model.ts';

/** How far a viewer takes part in the discussions of a programme. */
export interface Reach {
  programme: string;
  /** The viewer's own, where they learn in it. */
  enrolment?: Enrolment;
  /** Workshops whose own topics they read. */
  workshops: string[] | 'all';
  /** Takes part as learner or moderator: reads every post and may write. */
  participant: boolean;
  /** Workshops that they moderate. */
  moderated: string[];
}

/** Who reads what: people enrolled and moderators take part, others read the posts of people in their scope. */
export class DiscussionAccess {
  readonly #host: DiscussionsHost;

  constructor(host: DiscussionsHost) {
    this.#host = host;
  }

  /** Every programme whose discussions the viewer may read, by programme. `own`: the viewer's enrolments, where known. */
  async reaches(viewer: Viewer, own?: Enrolment[]): Promise<Map<string, Reach>> {
    const [enrolments, visible, moderated] = await Promise.all([
      own ?? this.#host.enrolments.ofLearner(viewer.id),
      this.#visible(viewer, 'read'),
      this.#host.use('workshops').moderatedBy(viewer),
    ]);
    const found = new Map<string, Reach>();
    for (const { _id } of visible) {
      found.set(_id, { programme: _id, workshops: 'all', participant: false, moderated: [] });
    }
    for (const enrolment of enrolments.filter(({ state }) => state !== 'withdrawn')) {
      const { programme, workshop } = enrolment;
      const workshops = found.has(programme) ? 'all' : workshop ? [workshop] : [];
      found.set(programme, { programme, enrolment, workshops, participant: true, moderated: [] });
    }
    for (const { _id: id, programme } of moderated) {
      const reach = found.get(programme) ?? { programme, workshops: [], participant: true, moderated: [] };
      const workshops = reach.workshops === 'all' ? reach.workshops : [...reach.workshops, id];
      found.set(programme, { ...reach, workshops, participant: true, moderated: [...reach.moderated, id] });
    }
    return found;
  }

  /** @throws core:not-found where the viewer may not read this programme's discussions */
  async reach(viewer: Viewer, programme: string): Promise<Reach> {
    const found = (await this.reaches(viewer)).get(programme);
    if (!found) throw errors.notFound();
    return found;
  }

  /** The topic with the viewer's reach in it. @throws core:not-found */
  async topic(viewer: Viewer, id: string): Promise<{ topic: Topic; reach: Reach }> {
    const topic = (await this.#host.models.topics.findById(id).lean()) as Topic | null;
    if (!topic) throw errors.notFound();
    const reach = await this.reach(viewer, topic.programme);
    if (topic.workshop && reach.workshops !== 'all' && !reach.workshops.includes(topic.workshop)) {
      throw errors.notFound();
    }
    return { topic, reach: { ...reach, participant: takesPart(topic, reach) } };
  }

  /** Of these enrolments, those whose posts the viewer moderates. */
  async moderates(viewer: Viewer, enrolments: readonly string[]): Promise<Map<string, Enrolment>> {
    const roles = this.#host.rolesFor('moderate');
    const ids = [...new Set(enrolments)].filter((id) => !id.startsWith(`${viewer.id}-`));
    if (ids.length === 0 || !holds(viewer, roles)) return new Map();
    const found = await this.#host.enrolments.byIds(ids, within(viewer, roles, {}));
    return new Map(found.map((enrolment) => [enrolment._id, enrolment]));
  }

  /** Whether they may pin and close this topic: its workshop's moderator, or who manages the programme. */
  async leads(viewer: Viewer, topic: Topic, reach: Reach): Promise<boolean> {
    if (topic.workshop && reach.moderated.includes(topic.workshop)) return true;
    return this.manages(viewer, topic.programme);
  }

  async manages(viewer: Viewer, programme: string): Promise<boolean> {
    return (await this.#visible(viewer, 'manage')).some(({ _id }) => _id === programme);
  }

  async #visible(viewer: Viewer, permission: string): Promise<Programme[]> {
    const roles = this.#host.rolesFor(permission);
    return holds(viewer, roles) ? this.#host.programmes.visibleTo(viewer, roles) : [];
  }
}

/** Who learns in one workshop and oversees others takes part in their own, and reads the others as an overseer. */
function takesPart({ workshop }: Topic, { participant, enrolment, moderated }: Reach): boolean {
  return participant && (!workshop || workshop === enrolment?.workshop || moderated.includes(workshop));
}
