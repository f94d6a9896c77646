/**
 * Scoring everybody again after a corrected scheme. The learners are seeded straight into the collections, with the values,
 * scores and sums that the recorder's own rules give them; the correction is made through the API of a platform in its own
 * process, and afterwards every enrolment and every roll-up is computed anew and compared.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Connection } from 'mongoose';
import { newId } from '../../server/ids.ts';
import type { Enrolment } from '../../server/programmes/enrolments.service.ts';
import { enrolmentSchema } from '../../server/programmes/programme.model.ts';
import { applyChanges, type EnrolmentProgress } from '../../server/progress/enrolment-change.ts';
import { type Rescoring, rollUpDaySchema, rollUpSchema } from '../../server/progress/progress.model.ts';
import { RollUps } from '../../server/progress/roll-ups.service.ts';
import { type Scheme, score } from '../../server/progress/weighted-score.ts';
import { load, round, usageOf } from './beats/figures.ts';
import { type Study, signInMany } from './beats/place.ts';
import { openSite, type Site } from './beats/site.ts';
import type { Bench } from './index.ts';

const WANTED = { seconds: 10 };
const LESSONS = 12;
const POLL_MS = 500;
/** Correct: less video asked for and more of it counted, so that some qualify, and most scores move. */
const corrected: Omit<Scheme, 'version'> = {
  passMark: 6000,
  components: [
    { id: 'video', measure: 'video-courses/seconds', weight: 50, full: 540, minimum: 270 },
    { id: 'discussion', measure: 'discussions/points', weight: 20, full: 200 },
    { id: 'tasks', measure: 'assignments/scores', weight: 30, full: 100 },
  ],
  required: [{ activity: 'assignments/task/first', atLeast: 10 }],
};

const run: Bench = async (options) => {
  const { values } = parseArgs({
    args: options,
    options: { learners: { type: 'string', default: '100000' }, profile: { type: 'string' } },
  });
  const learners = Number(values.learners);
  const site = await openSite({ learners, profile: values.profile, study });
  try {
    const { connection } = site.database;
    const before = await states(connection);
    const platform = await site.start();
    const use = () => Promise.all([usageOf(platform.pid), usageOf(site.database.serverPid)]);
    const [begun, started] = [performance.now(), await use()];
    const job = await correct(site, platform.url);
    const elapsed = performance.now() - begun;
    const ended = await use();
    const [inPlatform, inEngine] = ended.map((usage, index) => load(started[index] as typeof usage, usage, elapsed));
    const seconds = round((job.finishedAt!.getTime() - job.at.getTime()) / 1000, 2);
    await platform.stop();
    const [rollUpsDiffering, differing] = [await wrongSums(site), await wrongScores(connection)];
    const { total, rescored, changed, qualified, kept } = job;
    const ok = { seconds: seconds <= WANTED.seconds, results: differing === 0, rollUps: rollUpsDiffering === 0 };
    return {
      learners,
      seconds,
      perSecond: round(total / seconds),
      ...{ total, rescored, changed, qualified, kept, qualifiedBefore: before.qualified ?? 0 },
      ...{ differing, rollUpsDiffering, processes: { platform: inPlatform, engine: inEngine }, wanted: WANTED, ok },
    };
  } finally {
    await site.close();
  }
};

export default run;

/** A term of study: some hardly begun, some qualified, most in between; the same in every run. */
const study: Study = (enrolment, index, { programme, measures }) => {
  const part = (step: number) => ((index * step) % 1_009) / 1_008;
  const at = (enrolment.lastAt as Date).getTime();
  const values: Record<string, number> = {
    'discussions/topic/first': Math.floor(part(331) * 200),
    'assignments/task/first': Math.floor(part(577) * 100),
  };
  for (let lesson = 0; lesson < LESSONS; lesson += 1) {
    values[`video-courses/lesson/lesson-${lesson}`] = Math.floor((part(113) * 660) / LESSONS);
  }
  const change = { kind: 'values' as const, values, at };
  const after = applyChanges(enrolment as EnrolmentProgress, [change], programme.scheme, measures.measureOf);
  return { ...enrolment, ...after } as Enrolment;
};

/** Corrects the scheme as a manager does, and waits for its end. */
async function correct(site: Site, url: string): Promise<Rescoring> {
  const { connection } = site.database;
  const { programme } = site.place;
  const person = {
    _id: newId(),
    name: '管理员',
    account: 'manager',
    disabled: false,
    scopes: [],
    createdAt: new Date(),
  };
  const grants = [{ role: 'operator', scope: 'platform' }];
  await connection.collection('users').insertOne({ ...person, grants } as never);
  const [seat] = await signInMany(connection, [person._id], { programme, secret: site.config.secret });
  const headers = { cookie: seat!.cookie, 'content-type': 'application/json' };
  const session = (await (await fetch(`${url}/api/v1/session`, { headers })).json()) as { csrf: string };
  const answer = await fetch(`${url}/api/v1/assessment/schemes/${programme}/correct`, {
    method: 'POST',
    headers: { ...headers, 'x-csrf-token': session.csrf },
    body: JSON.stringify({ ...corrected, reason: '满分要求抄错' }),
  });
  if (!answer.ok) throw new Error(`the correction was refused: ${answer.status} ${await answer.text()}`);
  const jobs = connection.collection<Rescoring>('rescorings');
  for (;;) {
    await delay(POLL_MS);
    const job = (await jobs.findOne({ programme })) as Rescoring;
    process.stderr.write(`  round ${job.round}: ${job.passed} of ${job.total} passed, ${job.rescored} scored again\n`);
    if (job.state === 'done') return job;
  }
}

async function wrongSums({ database: { connection }, place }: Site): Promise<number> {
  const rollUps = new RollUps({
    enrolments: connection.model('enrolments', enrolmentSchema, 'enrolments'),
    rollUps: connection.model('roll_ups', rollUpSchema, 'roll_ups'),
    rollUpDays: connection.model('roll_up_days', rollUpDaySchema, 'roll_up_days'),
  } as never);
  return (await rollUps.verify(place.programme)).length;
}

/** Enrolments that are not what their scheme makes of their values: the new one, unless they had qualified before. */
async function wrongScores(connection: Connection): Promise<number> {
  let wrong = 0;
  for await (const enrolment of connection.collection<Enrolment>('enrolments').find()) {
    const { measures, values, total, state, scheme } = enrolment;
    if (scheme === 1) wrong += state === 'qualified' ? 0 : 1;
    else {
      const expected = score({ ...corrected, version: 2 }, measures, values);
      if (expected.total !== total || expected.qualified !== (state === 'qualified')) wrong += 1;
    }
  }
  return wrong;
}

async function states(connection: Connection): Promise<Record<string, number>> {
  const groups = connection.collection('enrolments').aggregate([{ $group: { _id: '$state', count: { $sum: 1 } } }]);
  return Object.fromEntries((await groups.toArray()).map(({ _id, count }) => [_id, count]));
}
