import { expect } from 'chai';
import { clip, pause, Player, startVideoPlatform, type VideoPlatform } from './video-support.ts';

describe('playing', () => {
  let test: VideoPlatform;
  before(async () => {
    test = await startVideoPlatform();
  });
  after(() => test.stop());

  const player = async () => {
    const learner = await test.learner();
    const client = await test.signIn(learner.login);
    return { learner, client, player: new Player(client, test.lessons[0]) };
  };

  it('credits what was played for as long as time passed, and records it before it answers', async () => {
    const { learner, client, player: one } = await player();
    expect((await one.start()).state).to.equal('playing');
    await pause(2_200);
    const { body } = await one.beat([[0, 2]], { position: 2 }).expect(200);
    expect(body.state).to.equal('playing');
    expect(body.standing).to.include({ credited: 2, dayCredited: 2, position: 2, complete: false });
    const enrolment = await test.platform.rooms.progress.drain().then(() => client.get(`/api/v1/video-courses/progress?enrolment=${learner.enrolment._id}`).expect(200));
    expect(enrolment.body.lessons[0]).to.deep.include({ lesson: test.lessons[0], credited: 2, position: 2 });
    const stored = await test.platform.rooms.connection.collection('enrolments').findOne({ _id: learner.enrolment._id as never });
    expect(stored?.measures['video-courses/seconds']).to.equal(2);
    void clip;
  });
});
