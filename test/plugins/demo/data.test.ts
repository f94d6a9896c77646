import { expect } from 'chai';
import { stageLabels, subjectLabels } from '../../../plugins/demo/data/labels.ts';
import { organisations, schools } from '../../../plugins/demo/data/organisations.ts';
import { postText, replyText, taskText } from '../../../plugins/demo/data/phrases.ts';
import { assessment, lessonsOf, programmes, termAround } from '../../../plugins/demo/data/programmes.ts';
import { seeded } from '../../../plugins/demo/data/random.ts';
import { NEW_AREA, optIn, regions, takingPart } from '../../../plugins/demo/data/regions.ts';
import { workshops } from '../../../plugins/demo/data/workshops.ts';
import { daysBetween } from '../../../server/beijing-time.ts';
import { stages, subjects } from '../../../server/programmes/programme.model.ts';

const distinct = (list: string[]) => expect(new Set(list)).to.have.property('size', list.length);

describe('demo: regions and organisations', () => {
  it('form one tree, each code once and only 新区 without one of GB/T 2260', () => {
    distinct(regions.map(({ _id }) => _id));
    for (const { _id, path } of regions) {
      expect(path.at(-1)).to.equal(_id);
      for (const code of path)
        expect(
          regions.some((region) => region._id === code),
          code,
        ).to.equal(true);
      if (_id !== NEW_AREA) expect(_id).to.match(/^\d{6}$/);
    }
    for (const code of [...takingPart, ...optIn]) expect(regions.some(({ _id }) => _id === code)).to.equal(true);
  });

  it('have one name and id each, in a region that exists', () => {
    distinct(organisations.map(({ _id }) => _id));
    distinct(organisations.map(({ name }) => name.zh));
    for (const { region, kind, stages: taught } of organisations) {
      expect(regions.some(({ _id }) => _id === region)).to.equal(true);
      expect(taught.length > 0).to.equal(kind === 'school');
    }
    expect(schools).to.have.length(44);
    expect(schools.some(({ name, direct }) => name.zh === '河大附中' && direct)).to.equal(true);
    expect(schools.every(({ region }) => takingPart.includes(region))).to.equal(true);
  });

  it('use the stages and subjects of the core', () => {
    expect(Object.keys(stageLabels)).to.have.members([...stages]);
    expect(subjects).to.include.members(Object.keys(subjectLabels));
  });
});

describe('demo: programmes', () => {
  it('put today two thirds into the study term of 120 days', () => {
    const { enrolFrom, enrolUntil, from, to } = termAround('2026-11-22');
    expect(daysBetween(from, '2026-11-22')).to.equal(80);
    expect(daysBetween(from, to)).to.equal(119);
    expect(enrolFrom < enrolUntil && enrolUntil < from).to.equal(true);
    // Called in the year of the original, it gives the original.
    expect(termAround('2018-03-22')).to.deep.equal({
      enrolFrom: '2017-12-01',
      enrolUntil: '2017-12-20',
      from: '2018-01-01',
      to: '2018-04-30',
    });
  });

  it('have lessons, three topics and two tasks each, with ids of their own', () => {
    distinct(programmes.flatMap((programme) => lessonsOf(programme).map(({ id }) => id)));
    distinct(programmes.flatMap(({ topics, tasks }) => [...topics, ...tasks].map(({ id }) => id)));
    for (const programme of programmes) {
      expect(programme.topics).to.have.length(3);
      expect(programme.tasks).to.have.length(2);
      const { weights, requiredSeconds } = assessment(programme);
      expect(weights.video + weights.discussion + weights.tasks).to.equal(100);
      expect(requiredSeconds).to.be.above(0);
      for (const { title, chapters } of lessonsOf(programme)) {
        expect(title.zh).to.include('节选');
        for (const chapter of chapters) expect(chapter.title.en, chapter.title.zh).to.be.a('string');
      }
      for (const { samples } of programme.topics) {
        for (const { post, replies } of samples) {
          for (const text of [post, ...replies]) expect([...text].length, text).to.be.at.least(20);
        }
      }
    }
  });

  it('teach every stage once', () => {
    expect(programmes.flatMap((programme) => programme.stages)).to.have.members([...stages]);
  });
});

describe('demo: workshops', () => {
  it('are forty, each of one stage and subject with one moderator of its own', () => {
    expect(workshops).to.have.length(40);
    distinct(workshops.map(({ id }) => id));
    distinct(workshops.map(({ name }) => name.zh));
    distinct(workshops.map(({ name }) => name.en));
    distinct(workshops.map(({ moderator }) => moderator.phone));
    distinct(workshops.map(({ moderator }) => moderator.name));
    for (const { stage, programme, moderator } of workshops) {
      expect(programmes.find(({ id }) => id === programme)!.stages).to.include(stage);
      expect(schools.find(({ _id }) => _id === moderator.school)!.stages).to.include(stage);
    }
  });
});

describe('demo: phrases', () => {
  it('are long enough to earn points and differ from one another', () => {
    const random = seeded(3);
    const [posts, replies] = [postText, replyText].map((write) => Array.from({ length: 100 }, () => write(random)));
    for (const text of [...posts!, ...replies!, taskText(random)]) {
      expect([...text].length, text).to.be.at.least(20);
    }
    expect(new Set(posts).size).to.be.above(90);
  });
});
