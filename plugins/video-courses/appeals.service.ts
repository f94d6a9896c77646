import { createHash } from 'node:crypto';
import { trusted } from 'mongoose';
import {
  AppError,
  beijingDay,
  countsBy,
  daysBetween,
  type Enrolment,
  errors,
  own,
  type Paging,
  pageOf,
  scopesOf,
  type Viewer,
  within,
} from '#platform';
import { seenOf } from './ahead.ts';
import type { AppealState, StoredAppeal } from './appeal.model.ts';
import type { Catalogue } from './catalogue.service.ts';
import { noteGrant } from './day-ledger.ts';
import type { Playing } from './playing.service.ts';
import type { VideoHost } from './plugin.ts';
import { rulesOf } from './programme-rules.ts';
import { addRange, lengthOf, type Ranges, subtract } from './ranges.ts';
import { grant, openSeconds, stillOpen } from './watch-grant.ts';
import type { Reason, WatchRules } from './watch-rules.ts';
import { emptyRecord } from './watch-time.ts';

/** What may be a mistake and is for a person to judge; the other reasons are the rules themselves. */
export const appealable: readonly Reason[] = [
  'gap',
  'too-fast',
  'presence-open',
  'presence-missed',
  'seek-ahead',
  'token',
];

/** Open appeals of one enrolment at most. */
const MOST_OPEN = 20;

interface Deps {
  host: VideoHost;
  catalogue: Catalogue;
  playing: Playing;
  now(): number;
}

export interface AppealWish {
  enrolment: string;
  day: string;
  lesson: string;
  reason: Reason;
  /** Media milliseconds, flat; everything that is still open where nothing is said. */
  stretches?: number[] | undefined;
  words: string;
}

export interface AppealLine extends StoredAppeal {
  name: string;
  organisation: string;
  title: { zh: string; en?: string | undefined };
  /** Whole seconds that were played and are still not credited. */
  open: number;
  /** Whole seconds that can be granted at most: by the programme's limit and the day's cap as well. */
  most: number;
}

/** Objections of learners to time that was not credited, and what moderators decide. */
export class Appeals {
  readonly #deps: Deps;
  readonly #openIn: ReturnType<typeof countsBy>;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#openIn = countsBy(deps.host.models.appeals.collection, 'scopes', { state: 'open' });
  }

  /**
   * Makes an appeal about time of the viewer's own that was played and not credited. While one about the same line of the
   * ledger waits, it is that one.
   * @throws core:not-found; video-courses:not-appealable, nothing-open, decided, appeal-too-late, appeals-open
   */
  async make(viewer: Viewer, wish: AppealWish): Promise<string> {
    const { host, now } = this.#deps;
    const enrolment = await host.enrolments.get(wish.enrolment, own(viewer, {}));
    if (enrolment.state === 'withdrawn') throw errors.notFound();
    const { appeals: rules } = rulesOf(await host.programmes.get(enrolment.programme));
    if (!appealable.includes(wish.reason)) throw problem('not-appealable');
    const { record, ledger } = await this.#seen(enrolment, wish.lesson, wish.day);
    const line = ledger?.lessons[wish.lesson]?.reasons[wish.reason];
    if (!line) throw errors.notFound();
    if (daysBetween(wish.day, beijingDay(now())) > rules.withinDays) throw problem('appeal-too-late');
    const { day, lesson, reason, words } = wish;
    const made = (await this.of(enrolment)).filter(isAbout(wish));
    const waiting = made.find(({ state }) => state === 'open');
    if (waiting) return waiting._id;
    const wished = wish.stretches ? common(wish.stretches, line.stretches) : line.stretches;
    const open = stillOpen(record, wished);
    if (openSeconds(record, open) === 0) throw problem('nothing-open');
    const asked = notDeclined(open, made);
    if (openSeconds(record, asked) === 0) throw problem('decided');
    const { appeals } = host.models;
    const all = await appeals.countDocuments({ enrolment: enrolment._id, state: 'open' });
    if (all >= MOST_OPEN) throw problem('appeals-open');
    const _id = appealId([enrolment._id, day, lesson, reason, asked[0]]);
    const { _id: about, learner, programme, scopes } = enrolment;
    const facts = { learner, programme, scopes, lesson, day, reason, stretches: [...asked], words };
    const fresh = { ...facts, at: new Date(now()), state: 'open' as const, granted: 0 };
    await appeals.updateOne({ _id, enrolment: about }, { $setOnInsert: fresh }, { upsert: true });
    return _id;
  }

  /** The appeals of an enrolment, the newest first. */
  async of(enrolment: Pick<Enrolment, '_id'>): Promise<StoredAppeal[]> {
    const filter = { enrolment: enrolment._id };
    return this.#deps.host.models.appeals.find(filter).sort({ at: -1, _id: -1 }).limit(200).lean();
  }

  /** One page of what the viewer may decide: the oldest open one first, of the decided ones the newest. */
  async list(
    viewer: Viewer,
    {
      state,
      programme,
      workshop,
    }: { state: AppealState; programme?: string | undefined; workshop?: string | undefined },
    page: Pick<Paging, 'skip' | 'limit'>,
  ): Promise<{ rows: AppealLine[]; total: number }> {
    const { host } = this.#deps;
    const roles = host.rolesFor('grant');
    const asked = { state, ...(programme && { programme }), ...(workshop && { scopes: `workshop:${workshop}` }) };
    const filter = within(viewer, roles, asked) as object;
    const direction = state === 'open' ? 1 : -1;
    const order = { at: direction, _id: direction } as const;
    const found = host.models.appeals.find(filter).sort(order).skip(page.skip).limit(page.limit).lean();
    const { rows, total } = await pageOf(page, found, () => host.models.appeals.countDocuments(filter));
    const ids = [...new Set(rows.map(({ enrolment }) => enrolment))];
    const people = await host.enrolments.byIds(ids, within(viewer, roles, {}));
    const byId = new Map(people.map((enrolment) => [enrolment._id, enrolment]));
    const lines = rows.flatMap((appeal) => {
      const enrolment = byId.get(appeal.enrolment);
      return enrolment ? [this.#line(appeal, enrolment)] : [];
    });
    return { rows: await Promise.all(lines), total };
  }

  /** Open appeals that the viewer may decide, in a workshop where one is named. */
  count(viewer: Viewer, workshop?: string): Promise<number> {
    const { host } = this.#deps;
    const held = scopesOf(viewer, host.rolesFor('grant'));
    if (workshop && (held === 'all' || held.includes(`workshop:${workshop}`))) {
      return this.#openIn(`workshop:${workshop}`);
    }
    const asked = { state: 'open', ...(workshop && { scopes: `workshop:${workshop}` }) };
    return host.models.appeals.countDocuments(within(viewer, host.rolesFor('grant'), asked) as object).exec();
  }

  /**
   * Grants up to `seconds` of what is still open, or declines with none. Credited once, whatever is pressed how often.
   * @throws core:not-found outside the viewer's charge; video-courses:decided, own-appeal, nothing-open, limit-reached
   */
  async decide(viewer: Viewer, id: string, { seconds, answer }: { seconds: number; answer: string }): Promise<number> {
    const { host, now } = this.#deps;
    const appeal = await host.models.appeals.findById(id).lean();
    if (!appeal) throw errors.notFound();
    const enrolment = await host.enrolments.get(appeal.enrolment, within(viewer, host.rolesFor('grant'), {}));
    if (appeal.learner === viewer.id) throw problem('own-appeal');
    const rules = rulesOf(await host.programmes.get(enrolment.programme));
    const decision = { decidedBy: viewer.id, decidedAt: new Date(now()), answer };
    const { title } = await this.#lesson(appeal);
    let granted = 0;
    if (seconds === 0) {
      const open = { _id: id, enrolment: appeal.enrolment, state: 'open' as const };
      const { matchedCount } = await host.models.appeals.updateOne(open, { $set: { ...decision, state: 'declined' } });
      if (matchedCount === 0) throw problem('decided');
    } else {
      granted = await this.#grant(appeal, enrolment, rules, seconds, decision);
    }
    const action = granted > 0 ? 'appeal.grant' : 'appeal.decline';
    const { day, reason, lesson } = appeal;
    const details = { programme: enrolment.programme, lesson, title: title.zh, day, reason, seconds: granted };
    await host.audit.record({ actor: viewer.id, action, subject: appeal.learner, details });
    await this.#tell(appeal, granted, answer, viewer);
    return granted;
  }

  async #grant(
    appeal: StoredAppeal,
    { state }: Enrolment,
    rules: WatchRules,
    seconds: number,
    decision: { decidedBy: string; decidedAt: Date; answer: string },
  ): Promise<number> {
    const { playing, host } = this.#deps;
    if (state === 'withdrawn') throw errors.notFound();
    const { enrolment, lesson, day, learner, stretches, _id } = appeal;
    let granted = 0;
    await playing.amend(learner, { enrolment, lesson, day }, async (seen) => {
      const current = await host.models.appeals.findById(_id).select({ state: 1 }).lean();
      if (current?.state !== 'open') throw problem('decided');
      const left = rules.appeals.limitSeconds - (await this.#grantedTo(enrolment));
      if (left <= 0) throw problem('limit-reached');
      const limits = [seconds, left, rules.dailyCapSeconds - seen.day.credited];
      const result = grant({ record: seen.record, stretches, limits });
      if (result.seconds === 0) throw problem('nothing-open');
      granted = result.seconds;
      const set = { ...decision, state: 'granted', granted };
      return {
        record: result.record,
        day: noteGrant(seen.day, lesson, granted),
        // Where it is not open any more the upsert inserts, and fails on the `_id`.
        also: [{ model: host.models.appeals, key: _id, write: decide({ _id, enrolment }, set) }],
      };
    });
    return granted;
  }

  async #tell({ learner, enrolment }: StoredAppeal, granted: number, answer: string, from: Viewer): Promise<void> {
    const { host } = this.#deps;
    const said = (language: 'zh-CN' | 'en') => {
      const t = host.translate(language);
      return granted > 0 ? t('appeal.toldGranted', { seconds: granted }) : t('appeal.toldDeclined');
    };
    const title = { zh: said('zh-CN'), en: said('en') };
    const href = `/video-courses/credit?enrolment=${enrolment}`;
    const message = { to: [learner], kind: 'appeal', title, text: answer, href, from: from.id };
    await host.tryUse('messages')?.send([message]);
  }

  async #line(appeal: StoredAppeal, enrolment: Enrolment): Promise<AppealLine> {
    const { name, organisation } = enrolment;
    const [{ title }, { record, ledger }, programme, granted] = await Promise.all([
      this.#lesson(appeal),
      this.#seen(enrolment, appeal.lesson, appeal.day),
      this.#deps.host.programmes.get(appeal.programme),
      this.#grantedTo(appeal.enrolment),
    ]);
    const rules = rulesOf(programme);
    const open = openSeconds(record, appeal.stretches);
    const left = [rules.appeals.limitSeconds - granted, rules.dailyCapSeconds - (ledger?.credited ?? 0)];
    return { ...appeal, name, organisation, title, open, most: Math.max(0, Math.min(open, ...left)) };
  }

  /** Whole seconds granted to an enrolment so far. */
  async #grantedTo(enrolment: string): Promise<number> {
    const filter = { enrolment, granted: trusted({ $gt: 0 }) };
    const found = await this.#deps.host.models.appeals.find(filter).select({ granted: 1 }).lean();
    return found.reduce((sum, { granted }) => sum + granted, 0);
  }

  async #lesson({ lesson }: Pick<StoredAppeal, 'lesson'>): Promise<{ title: { zh: string; en?: string | undefined } }> {
    const found = await this.#deps.catalogue.lesson(lesson).catch(() => undefined);
    return found?.lesson ?? { title: { zh: lesson } };
  }

  async #seen(enrolment: Pick<Enrolment, '_id' | 'programme'>, lesson: string, day: string) {
    const { watch, ledger } = await seenOf(this.#deps.host.models, enrolment, lesson, day);
    return { record: watch ?? emptyRecord(), ledger };
  }
}

function decide(appeal: Pick<StoredAppeal, '_id' | 'enrolment'>, set: object) {
  return { updateOne: { filter: { ...appeal, state: 'open' }, update: { $set: set }, upsert: true } };
}

/** Whether an appeal is about the same line of the ledger. */
function isAbout({ day, lesson, reason }: Pick<StoredAppeal, 'day' | 'lesson' | 'reason'>) {
  return (appeal: StoredAppeal): boolean => appeal.day === day && appeal.lesson === lesson && appeal.reason === reason;
}

/** What of the stretches no moderator has declined yet: the same is not judged twice. */
export function notDeclined(stretches: Ranges, appeals: readonly StoredAppeal[]): Ranges {
  const declined = appeals.filter(({ state }) => state === 'declined');
  return declined.reduce<Ranges>((left, appeal) => subtract(left, appeal.stretches), stretches);
}

/** What of the wished stretches lies in the known ones. */
function common(wished: readonly number[], known: Ranges): number[] {
  let asked: number[] = [];
  for (let index = 0; index + 1 < wished.length; index += 2)
    asked = addRange(asked, wished[index]!, wished[index + 1]!);
  const both = subtract(known, subtract(known, asked));
  if (lengthOf(both) === 0) throw errors.notFound();
  return both;
}

function appealId(about: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(about)).digest('base64url').slice(0, 22);
}

function problem(code: string): AppError {
  return new AppError(`video-courses:${code}`, 409);
}
