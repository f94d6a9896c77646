import { expect } from 'chai';
import { generateLearners, type Learner, rosterColumns, rosterRow } from '../../../plugins/demo/data/learners.ts';
import { ALMOST_THERE_SCHOOL, schools } from '../../../plugins/demo/data/organisations.ts';
import { programmeOf, programmes } from '../../../plugins/demo/data/programmes.ts';
import { regions } from '../../../plugins/demo/data/regions.ts';
import { workshops } from '../../../plugins/demo/data/workshops.ts';
import { parseIdNumber } from '../../../server/accounts/id-number.ts';
import { daysBetween } from '../../../server/beijing-time.ts';

const generate = (seed: number, count = 2000): Learner[] => generateLearners({ seed, count, schools, programmes });

describe('demo: learners', () => {
  const learners = generate(2018);

  it('are 2,000 people with their own valid ID numbers and phones', () => {
    expect(learners).to.have.length(2000);
    for (const key of ['idNumber', 'phone'] as const) {
      expect(new Set(learners.map((learner) => learner[key]))).to.have.property('size', 2000);
    }
    const codes = new Set(regions.map(({ _id }) => _id));
    for (const learner of learners) {
      const parsed = parseIdNumber(learner.idNumber, '2026-11-22');
      if (!parsed.ok) throw new Error(`${learner.idNumber}: ${parsed.reason}`);
      expect(parsed.value.sex).to.equal(learner.sex);
      expect(codes).to.include(parsed.value.regionCode);
      expect(daysBetween(parsed.value.birth, '2026-11-22') / 365.25).to.be.within(24, 60);
      expect(learner.phone).to.match(/^154\d{8}$/);
    }
  });

  it('teach at a school that has their stage, in a workshop of their stage and subject', () => {
    for (const { school, region, stage, subject, programme, workshop } of learners) {
      const employer = schools.find(({ _id }) => _id === school)!;
      expect(employer.stages).to.include(stage);
      expect(employer.region).to.equal(region);
      expect(programme).to.equal(programmeOf(stage).id);
      expect(workshops.find(({ id }) => id === workshop)).to.include({ stage, subject, programme });
    }
  });

  it('reach every school and fill every workshop', () => {
    expect(new Set(learners.map(({ school }) => school))).to.have.property('size', schools.length);
    for (const { id } of workshops) {
      expect(learners.filter(({ workshop }) => workshop === id).length, id).to.be.within(15, 120);
    }
  });

  it('have varied names', () => {
    expect(new Set(learners.map(({ name }) => name)).size).to.be.above(1700);
    for (const { name } of learners) expect(name).to.match(/^\p{Script=Han}{2,4}$/u);
  });

  it('are the same for the same seed and others for another', () => {
    expect(generate(2018)).to.deep.equal(learners);
    expect(generate(7)[1]!.idNumber).not.to.equal(learners[1]!.idNumber);
  });

  it('keep to the number asked for', () => {
    expect(generate(1, 3)).to.have.length(3);
    expect(generate(1, 20_000)).to.have.length(20_000);
  });

  it('include one who is a minute away from qualifying', () => {
    const special = learners.filter(({ almostThere }) => almostThere);
    expect(special).to.have.length(1);
    expect(special[0]).to.include({
      school: ALMOST_THERE_SCHOOL,
      region: '410204',
      stage: 'senior',
      subject: 'chinese',
    });
  });

  it('are written into a roster as an administrator types them', () => {
    const row = rosterRow(learners[0]!, schools);
    expect(Object.keys(row)).to.deep.equal([...rosterColumns]);
    expect(row).to.include({ 性别: '女', 学校: '鼓楼区明远高级中学', 学段: '高中', 学科: '语文' });
  });
});
