import { expect } from 'chai';
import type { Page, Route } from 'playwright-core';
import { Player } from '../plugins/video-courses/video-support.ts';
import { eventually } from '../support/eventually.ts';
import { quickEnough } from '../support/quick-enough.ts';
import { axe, screenshot } from './support/browser.ts';
import { line, play, playedUpTo, stretches } from './support/lesson-page.ts';
import { type LessonSite, startLessonSite } from './support/lesson-site.ts';

describe('playing in one browser at a time', function () {
  this.timeout(120_000);
  let site: LessonSite;
  let test: LessonSite['test'];
  let open: LessonSite['open'];

  before(async function () {
    site = await startLessonSite(this);
    ({ test, open } = site);
  });
  after(() => site?.stop());

  const sessionOf = (learner: { id: string }) =>
    test.platform.rooms.connection.collection('video_courses_sessions').findOne({ _id: learner.id as never });
  /** A browser that closes a page gives it half a second to say so; one that opens another page waits. */
  const leave = (page: Page) => page.goto(`${test.url}/help`);

  it('says on both sides within two seconds who plays', async () => {
    const learner = await test.learner();
    const first = await open(learner);
    await play(first.page);
    await playedUpTo(first.page, 3);
    const second = await open(learner);
    await play(second.page);
    const dialog = second.page.getByRole('alertdialog', { name: '您正在另一处学习' });
    await dialog.getByText('师德').waitFor();
    await axe(second.page);
    await screenshot(second.page, 'playing-elsewhere');
    let [there, here] = [first.page, second.page];
    await quickEnough(2_000, async () => {
      await play(here);
      await here.getByRole('alertdialog', { name: '您正在另一处学习' }).waitFor();
      const asked = performance.now();
      await here.keyboard.press('Enter');
      await Promise.all([line(there, '已在另一处开始播放'), line(here, '正在记录学习时间')]);
      const took = performance.now() - asked;
      expect(await there.evaluate(`document.querySelector('#lesson-video_html5_api').paused`)).to.equal(true);
      [there, here] = [here, there];
      return took;
    });
    await first.context.close();
    await second.context.close();
  });

  it('goes on at the position that another device has reached', async () => {
    const learner = await test.learner();
    const phone = await open(learner);
    const desk = await open(learner);
    await play(phone.page);
    await playedUpTo(phone.page, 8);
    await leave(phone.page);
    await eventually(async () => expect((await sessionOf(learner))?.ended).to.equal(true));
    await play(desk.page);
    await playedUpTo(desk.page, 9);
    // Not by playing what comes before: the moment until the page asked who plays is all of it.
    for (const [from, to] of await stretches(desk.page)) expect(to < 1 || from >= 7, `${from} to ${to}`).to.equal(true);
    expect(await desk.page.locator('#elsewhere').isVisible()).to.equal(false);
    await phone.context.close();
    await desk.context.close();
  });

  it('takes its question back and goes on where the other place ends meanwhile', async () => {
    const learner = await test.learner();
    const phone = await open(learner);
    const desk = await open(learner);
    await play(phone.page);
    await playedUpTo(phone.page, 3);
    await play(desk.page);
    const dialog = desk.page.getByRole('alertdialog', { name: '您正在另一处学习' });
    await dialog.waitFor();
    await leave(phone.page);
    await playedUpTo(desk.page, 2);
    await line(desk.page, '学习时间');
    expect(await dialog.isVisible()).to.equal(false);
    await phone.context.close();
    await desk.context.close();
  });

  it('takes its question back from somebody who does not look, without playing by itself', async () => {
    const learner = await test.learner();
    const { page, context } = await open(learner);
    const other = new Player(await test.signIn(learner.login), site.lesson);
    await other.start();
    await play(page);
    const dialog = page.getByRole('alertdialog', { name: '您正在另一处学习' });
    await dialog.waitFor();
    await page.evaluate(`Object.defineProperty(document, 'visibilityState', { value: 'hidden' })`);
    await other.beat([], { leaving: true }).expect(200);
    await dialog.waitFor({ state: 'hidden' });
    expect((await sessionOf(learner))?.ended).to.equal(true);
    await context.close();
  });

  it('goes on at once where the word that the other place has ended is faster than the answer that names it', async () => {
    const learner = await test.learner();
    const { page, context } = await open(learner);
    const other = new Player(await test.signIn(learner.login), site.lesson);
    await other.start();
    await page.evaluate(`(() => {
      window.heard = new Promise((resolve) => window.xuefang.live.follow('enrolment:${learner.enrolment._id}',
        ({ event }) => event === 'playing-ended' && resolve()));
    })()`);
    // Without the plugin's socket it asks over HTTP.
    test.platform.rooms.realtime.io.of('/video-courses').disconnectSockets();
    const holdAnswer = async (route: Route) => {
      const response = await route.fetch();
      expect((await response.json()).state).to.equal('elsewhere');
      await other.beat([], { leaving: true }).expect(200);
      await page.evaluate('window.heard');
      await route.fulfill({ response });
    };
    await page.route('**/api/v1/video-courses/sessions', holdAnswer, { times: 1 });
    await play(page);
    await line(page, '正在记录学习时间');
    expect(await page.locator('#elsewhere').isVisible()).to.equal(false);
    await context.close();
  });
});
