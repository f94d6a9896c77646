import { type InferSchemaType, type Model, mongo, trusted } from 'mongoose';
import { AppError, errors, type Host, type Viewer } from '#platform';
import type { Members } from './members.service.ts';
import type { nudgeSchema } from './workshop.model.ts';
import type { WorkshopAccess } from './workshop-access.ts';

type Stored = InferSchemaType<typeof nudgeSchema>;

/** One moderator nudges one member at most once in this time, in milliseconds. */
const pauseMs = 24 * 3_600_000;
const duplicateKey = 11_000;

interface NudgeOutcome {
  sent: number;
  /** Members who were nudged less than a day ago and were spared. */
  spared: { id: string; name: string }[];
  /** Members who have never signed in: nobody would read it, and their school has to call them. */
  unreached: { id: string; name: string }[];
}

interface Deps {
  nudges: Model<Stored>;
  access: WorkshopAccess;
  members: Members;
  core: Pick<Host, 'tryUse' | 'programmes' | 'accounts'>;
}

/** A moderator's word to members who should study. */
export class Nudges {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Whether messages can be sent at all. */
  get possible(): boolean {
    return this.#deps.core.tryUse('messages') !== undefined;
  }

  /**
   * Sends the text to each of the members, sparing those whom this moderator nudged less than a day ago, and leaving out who
   * has never signed in.
   * @throws core:not-found where the viewer is not the moderator or one of the ids is no member;
   * workshops:no-messages where the platform runs without messages
   */
  async send(viewer: Viewer, workshopId: string, { members, text }: { members: string[]; text: string }) {
    const { access, core } = this.#deps;
    const { workshop, standing } = await access.watched(viewer, workshopId);
    if (standing !== 'moderator') throw errors.notFound();
    const messages = core.tryUse('messages');
    if (!messages) throw new AppError('workshops:no-messages', 409);
    const all = await this.#deps.members.those(workshop, members);
    const activated = await core.accounts.activated(all.map(({ learner }) => learner));
    const people = all.filter(({ learner }) => activated.has(learner));
    const sparedIds = await this.#claim(
      viewer.id,
      people.map(({ _id }) => _id),
    );
    const reached = people.filter(({ _id }) => !sparedIds.has(_id));
    if (reached.length > 0) {
      await messages.send([
        {
          to: reached.map(({ learner }) => learner),
          kind: 'nudge',
          title: {
            zh: `坊主提醒：${workshop.name.zh}`,
            en: `A word from your moderator: ${workshop.name.en ?? workshop.name.zh}`,
          },
          text,
          href: `/programmes/${workshop.programme}`,
          from: viewer.id,
        },
      ]);
    }
    const named = (some: typeof all) => some.map(({ _id, name }) => ({ id: _id, name }));
    return {
      sent: reached.length,
      spared: named(people.filter(({ _id }) => sparedIds.has(_id))),
      unreached: named(all.filter(({ learner }) => !activated.has(learner))),
    } satisfies NudgeOutcome;
  }

  /** Those of the members whom this moderator nudged less than a day ago. */
  async recent(moderator: string, members: string[]): Promise<Set<string>> {
    const found = await this.#deps.nudges
      .find({ _id: trusted({ $in: members.map((id) => nudgeId(id, moderator)) }), at: trusted({ $gt: pauseStart() }) })
      .lean();
    return new Set(found.map(({ _id }) => _id.slice(0, _id.lastIndexOf('|'))));
  }

  /** Notes the nudges before they are sent, so that two windows cannot send both. Returns who has to be spared. */
  async #claim(moderator: string, members: string[]): Promise<Set<string>> {
    if (members.length === 0) return new Set();
    const before = trusted({ $lte: pauseStart() });
    const writes = members.map((id) => ({
      updateOne: {
        filter: { _id: nudgeId(id, moderator), at: before },
        update: { $set: { at: new Date() } },
        upsert: true,
      },
    }));
    try {
      await this.#deps.nudges.bulkWrite(writes, { ordered: false });
      return new Set();
    } catch (error) {
      return new Set(refused(error).map((index) => members[index]!));
    }
  }
}

const pauseStart = (): Date => new Date(Date.now() - pauseMs);
const nudgeId = (enrolment: string, moderator: string): string => `${enrolment}|${moderator}`;

/** An upsert that finds no nudge old enough collides with the younger one: these are its places in the list. */
function refused(error: unknown): number[] {
  if (!(error instanceof mongo.MongoBulkWriteError)) throw error;
  const failures = [error.writeErrors].flat();
  if (failures.length === 0 || failures.some(({ code }) => code !== duplicateKey)) throw error;
  return failures.map(({ index }) => index);
}
