import { trusted } from 'mongoose';
import { AppError, type Enrolment, errors, type LocalText, newId, pageOf, type Viewer } from '#platform';
import type { DiscussionAccess, Reach } from './discussion-access.ts';
import type { DiscussionsHost } from './discussions.host.ts';
import type { PostsService } from './posts.service.ts';
import { audienceOf, audiencesOf, type Topic } from './topic.model.ts';

export interface TopicQuery {
  programme?: string | undefined;
  workshop?: string | undefined;
  lesson?: string | undefined;
  text?: string | undefined;
}

export interface NewTopic {
  /** Chosen by the importer; made where nothing is said. */
  id?: string;
  programme: string;
  workshop?: string | undefined;
  lesson?: string | undefined;
  title: LocalText | string;
  text: LocalText | string;
}

/** Topics: what is discussed where. */
export class TopicsService {
  readonly #host: DiscussionsHost;
  readonly #access: DiscussionAccess;
  readonly #posts: PostsService;

  constructor(host: DiscussionsHost, access: DiscussionAccess, posts: PostsService) {
    this.#host = host;
    this.#access = access;
    this.#posts = posts;
  }

  /** Topics that the viewer may read: pinned first, then by last activity. `own`: the viewer's enrolments, where known. */
  async list(
    viewer: Viewer,
    query: TopicQuery,
    page: { skip: number; limit: number },
    own?: Enrolment[],
  ): Promise<{ rows: Topic[]; total: number; reaches: Map<string, Reach> }> {
    const reaches = await this.#access.reaches(viewer, own);
    const chosen = [...reaches.values()].filter(({ programme }) => !query.programme || programme === query.programme);
    if (chosen.length === 0) return { rows: [], total: 0, reaches };
    const filter = {
      audiences: trusted({ $in: chosen.flatMap(audiences) }),
      ...titled(query.text),
      ...(query.workshop && { workshop: query.workshop }),
      ...(query.lesson && { lesson: query.lesson }),
    };
    const { topics } = this.#host.models;
    const found = topics.find(filter).sort({ pinned: -1, lastAt: -1, _id: 1 }).skip(page.skip).limit(page.limit).lean();
    return { ...(await pageOf(page, found as PromiseLike<Topic[]>, () => topics.countDocuments(filter))), reaches };
  }

  /**
   * Opens a topic: moderators in their workshop, managers in the whole programme, learners in their own workshop.
   * @throws core:not-found, discussions:may-not-open
   */
  async open(viewer: Viewer, topic: NewTopic): Promise<string> {
    const reach = await this.#access.reach(viewer, topic.programme);
    const workshop = topic.workshop || undefined;
    const leads = workshop ? reach.moderated.includes(workshop) : false;
    if (leads || (await this.#access.manages(viewer, topic.programme))) {
      if (workshop) await this.#mustBeIn(topic.programme, workshop);
      return this.create({ ...topic, author: viewer.id });
    }
    const own = reach.enrolment?.workshop;
    if (!reach.enrolment || !own || (workshop && workshop !== own)) throw new AppError('discussions:may-not-open', 403);
    return this.#posts.openTopic(
      viewer,
      reach.enrolment,
      topicDocument({ ...topic, workshop: own, author: viewer.id }),
    );
  }

  async #mustBeIn(programme: string, workshop: string): Promise<void> {
    if ((await this.#host.use('workshops').get(workshop)).programme !== programme) throw errors.notFound();
  }

  /** For other plugins: the caller has checked who may. */
  async create({ at, ...topic }: NewTopic & { author: string; at?: Date | undefined }): Promise<string> {
    const document = topicDocument(topic, at);
    await this.#host.models.topics.create(document as never);
    return document._id;
  }

  /** @throws core:not-found, core:forbidden */
  async set(viewer: Viewer, id: string, change: { pinned?: boolean; closed?: boolean }): Promise<void> {
    const { topic, reach } = await this.#access.topic(viewer, id);
    if (!(await this.#access.leads(viewer, topic, reach))) throw new AppError('core:forbidden', 403);
    await this.#host.models.topics.updateOne({ _id: id }, { $set: change });
    const action = Object.entries(change).map(([name, on]) => `${on ? '' : 'un'}${name}`)[0];
    await this.#host.audit.record({ actor: viewer.id, action: `topic.${action}`, subject: id });
  }
}

/** The audiences of a programme that the viewer belongs to. */
function audiences({ programme, workshops }: Reach): string[] {
  return workshops === 'all' ? [programme] : [undefined, ...workshops].map((each) => audienceOf(programme, each));
}

function topicDocument({ id, ...topic }: NewTopic & { author: string }, now = new Date()): Topic {
  const place = { programme: topic.programme, workshop: topic.workshop ?? null };
  return {
    _id: id ?? newId(),
    ...place,
    audiences: audiencesOf(place),
    lesson: topic.lesson ?? null,
    title: asLocal(topic.title),
    text: asLocal(topic.text),
    author: topic.author,
    opening: null,
    pinned: false,
    closed: false,
    posts: 0,
    threads: 0,
    lastAt: now,
    createdAt: now,
  };
}

const asLocal = (text: LocalText | string): LocalText => (typeof text === 'string' ? { zh: text } : text);

function titled(text: string | undefined): object {
  if (!text) return {};
  const matches = trusted({ $regex: escapeRegExp(text), $options: 'i' });
  return { $or: [{ 'title.zh': matches }, { 'title.en': matches }] };
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
