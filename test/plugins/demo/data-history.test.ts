import { expect } from 'chai';
import { type History, history } from '../../../plugins/demo/data/history.ts';
import { generateLearners, type Learner } from '../../../plugins/demo/data/learners.ts';
import { schools } from '../../../plugins/demo/data/organisations.ts';
import {
  assessment,
  type DemoProgramme,
  lessonsOf,
  programmeOf,
  programmes,
  termAround,
} from '../../../plugins/demo/data/programmes.ts';
import { seeded } from '../../../plugins/demo/data/random.ts';
import { score } from '../../../server/progress/weighted-score.ts';

const TODAY = '2026-11-22';
const seconds = (past: History) => past.lessons.reduce((sum, lesson) => sum + lesson.seconds, 0);

/** Whether the core's own rule finds the history enough. */
function qualified(past: History, programme: DemoProgramme, extraSeconds = 0): boolean {
  const { weights, requiredSeconds, discussionFull, passMark } = assessment(programme);
  const graded = past.tasks.filter((task) => task.score !== null);
  return score(
    {
      version: 1,
      passMark,
      components: [
        { id: 'video', measure: 'video', weight: weights.video, full: requiredSeconds, minimum: requiredSeconds },
        { id: 'discussion', measure: 'discussion', weight: weights.discussion, full: discussionFull },
        { id: 'tasks', measure: 'tasks', weight: weights.tasks, full: 200 },
      ],
      required: programme.tasks.map(({ id }) => ({ activity: id, atLeast: 0 })),
    },
    {
      video: seconds(past) + extraSeconds,
      discussion: past.discussion.reduce((sum, { tenths }) => sum + tenths, 0),
      tasks: graded.reduce((sum, task) => sum + task.score!, 0),
    },
    Object.fromEntries(graded.map((task) => [task.task, { value: task.score!, at: 0 }])),
  ).qualified;
}

function everyone(): { learner: Learner; past: History; programme: DemoProgramme }[] {
  const random = seeded(1);
  return generateLearners({ seed: 2018, count: 2000, schools, programmes }).map((learner) => {
    const programme = programmeOf(learner.stage);
    return { learner, programme, past: history(learner, random, programme, TODAY) };
  });
}

describe('demo: study histories', () => {
  const all = everyone();

  it('never exceed a lesson, the daily limit of points or the study term up to today', () => {
    const { from } = termAround(TODAY);
    for (const { past, programme } of all) {
      for (const { lesson, seconds: played } of past.lessons) {
        expect(played).to.be.within(1, lessonsOf(programme).find(({ id }) => id === lesson)!.seconds);
      }
      const perDay = new Map<string, number>();
      for (const { day, tenths, posts, replies } of past.discussion) {
        expect(tenths).to.equal(posts * 10 + replies * 5);
        perDay.set(day, (perDay.get(day) ?? 0) + tenths);
      }
      expect(Math.max(0, ...perDay.values())).to.be.at.most(100);
      for (const { day } of [...past.lessons, ...past.discussion, ...past.tasks]) {
        expect(day >= from && day <= TODAY, day).to.equal(true);
      }
      for (const task of past.tasks) expect(task.score ?? 0).to.be.within(0, 100);
    }
  });

  it('begin for about 85 % and suffice for about 35 %', () => {
    expect(all.filter(({ past }) => past.lessons.length > 0).length).to.be.within(1640, 1800);
    expect(all.filter(({ past, programme }) => qualified(past, programme)).length).to.be.within(620, 780);
    expect(all.some(({ past }) => past.tasks.some((task) => task.score === null))).to.equal(true);
  });

  it('show one district that lags', () => {
    const rate = (region: string) => {
      const here = all.filter(({ learner }) => learner.region === region);
      return here.filter(({ past, programme }) => qualified(past, programme)).length / here.length;
    };
    for (const region of ['410202', '410203', '410204', '410200-XQ']) {
      expect(rate('410205')).to.be.below(rate(region) / 1.5);
    }
  });

  it('leave the special learner between 30 and 60 seconds of her last lesson away', () => {
    const { past, programme } = all.find(({ learner }) => learner.almostThere)!;
    const last = past.lessons.at(-1)!;
    const missing = assessment(programme).requiredSeconds - seconds(past);
    const open = lessonsOf(programme).find(({ id }) => id === last.lesson)!.seconds - last.seconds;
    expect(last.day).to.equal(TODAY);
    expect(missing).to.be.within(30, 60);
    expect(open).to.be.at.least(missing);
    expect(qualified(past, programme, missing - 1)).to.equal(false);
    expect(qualified(past, programme, missing)).to.equal(true);
  });

  it('are the same for the same seed', () => {
    expect(everyone()).to.deep.equal(all);
  });
});
