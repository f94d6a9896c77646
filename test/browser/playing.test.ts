import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page, Route } from 'playwright-core';
import { media } from '../../plugins/demo/media/index.ts';
import { Player, startVideoPlatform, type VideoPlatform } from '../plugins/video-courses/video-support.ts';
import { eventually } from '../support/eventually.ts';
import { quickEnough } from '../support/quick-enough.ts';
import { axe, launchBrowser, screenshot, sizes } from './support/browser.ts';
import { clockOf, line, play, playedUpTo, position, seek, stretches } from './support/lesson-page.ts';
import { untilInPage, visit } from './support/visitor.ts';

/** How much a player that goes away without a word may lose: one beat interval, and the moment it takes to tell. */
const interval = 6;
/** How long a correction stands, ms, less the moment until it was noticed. */
const reading = 4_800;

describe('playing in browsers', function () {
  this.timeout(300_000);
  let browser: Browser;
  let test: VideoPlatform;
  let lesson: string;

  before(async function () {
    browser = await launchBrowser(this);
    test = await startVideoPlatform({ presence: { minSeconds: 86_400, maxSeconds: 86_400 } });
    lesson = await addLong(test);
  });
  after(async () => {
    await browser?.close();
    await test?.stop();
  });

  const addLong = (site: VideoPlatform) => {
    const file = fileURLToPath(new URL(`../../plugins/demo/media/${media[0].file}`, import.meta.url));
    const service = site.host('video-courses').tryUse('video-courses')!;
    return service.addLesson({ course: site.course, title: { zh: '师德', en: 'Ethics' }, file, order: 3 });
  };
  const open = async (learner: { login: string }, at = lesson) => {
    const visitor = await visit(browser, test.url, learner.login);
    await visitor.open(`/video-courses/lessons/${at}`);
    return visitor;
  };
  const credited = async (learner: { enrolment: { _id: string } }, at = lesson) => {
    const enrolments = test.platform.rooms.connection.collection('enrolments');
    const enrolment = await enrolments.findOne({ _id: learner.enrolment._id as never });
    return (enrolment?.values?.[`video-courses/lesson/${at}`]?.value ?? 0) as number;
  };
  const sessionOf = (learner: { id: string }) =>
    test.platform.rooms.connection.collection('video_courses_sessions').findOne({ _id: learner.id as never });
  /** A browser that closes a page gives it half a second to say so; one that opens another page waits. */
  const leave = (page: Page) => page.goto(`${test.url}/help`);
  /** A page of the same browser, as after a tab was closed. */
  const reopen = async (context: BrowserContext) => {
    const page = await context.newPage();
    await page.goto(`${test.url}/video-courses/lessons/${lesson}`);
    return page;
  };

  it('keeps beats while the network is away, and is credited for them when it is back', async () => {
    const learner = await test.learner();
    const { page, context } = await open(learner);
    await play(page);
    await playedUpTo(page, 6);
    await context.setOffline(true);
    await line(page, '网络中断');
    await playedUpTo(page, 18);
    await screenshot(page, 'playing-offline');
    const before = await credited(learner);
    expect(before).to.be.lessThan(13);
    await context.setOffline(false);
    await line(page, '网络已恢复');
    await eventually(async () => expect(await credited(learner)).to.be.at.least(17));
    expect(await credited(learner)).to.be.at.most(Math.ceil(await position(page)));
    await context.close();
  });

  it('loses at most one interval where the phone closes the tab without a network', async () => {
    const learner = await test.learner();
    const { page, context } = await open(learner);
    await play(page);
    await playedUpTo(page, 4);
    await context.setOffline(true);
    await playedUpTo(page, 16);
    const reached = await position(page);
    await page.close({ runBeforeUnload: false });
    const before = await credited(learner);
    expect(before).to.be.lessThan(reached - interval);
    await context.setOffline(false);
    const again = await reopen(context);
    await line(again, '已补报');
    await eventually(async () => expect(await credited(learner)).to.be.at.least(Math.floor(reached) - interval));
    const shown = await again.locator('[data-coverage="credited"]').textContent();
    expect(Number.parseInt(shown ?? '', 10)).to.equal(await credited(learner));
    // The tab is gone, so this one goes on without asking, from where the other one stood.
    await play(again);
    await line(again, '学习时间已记录');
    expect(await again.locator('#elsewhere').isVisible()).to.equal(false);
    await context.close();
  });

  it('says on both sides within two seconds who plays', async () => {
    const learner = await test.learner();
    const first = await open(learner);
    await play(first.page);
    await playedUpTo(first.page, 3);
    const second = await open(learner);
    await play(second.page);
    const dialog = second.page.getByRole('alertdialog', { name: '你正在另一处学习' });
    await dialog.getByText('师德').waitFor();
    await axe(second.page);
    await screenshot(second.page, 'playing-elsewhere');
    let [there, here] = [first.page, second.page];
    await quickEnough(2_000, async () => {
      await play(here);
      await here.getByRole('alertdialog', { name: '你正在另一处学习' }).waitFor();
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
    const dialog = desk.page.getByRole('alertdialog', { name: '你正在另一处学习' });
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
    const other = new Player(await test.signIn(learner.login), lesson);
    await other.start();
    await play(page);
    const dialog = page.getByRole('alertdialog', { name: '你正在另一处学习' });
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
    const other = new Player(await test.signIn(learner.login), lesson);
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

  it('locks the first viewing to normal speed and order, and frees what was seen before', async () => {
    const learner = await test.learner();
    const { page, context } = await open(learner, test.lessons[0]);
    await play(page);
    await playedUpTo(page, 2);
    const before = await credited(learner, test.lessons[0]);
    await page.evaluate(`document.querySelector('#lesson-video_html5_api').playbackRate = 2`);
    await line(page, '已改回 1 倍速');
    const said = await clockOf(page);
    // A beat goes with the change; what its answer says does not take the place of why the speed went back.
    await eventually(async () => expect(await credited(learner, test.lessons[0])).to.be.above(before));
    const says = (await page.locator('#player-line').textContent()) ?? '';
    if (!says.includes('已改回 1 倍速')) expect((await clockOf(page)) - said).to.be.at.least(reading);
    const [from, reached] = await seek(page, 11);
    expect(reached - from).to.be.within(-1, 1);
    await eventually(async () => expect(await credited(learner, test.lessons[0])).to.be.at.least(11), 30_000);
    const seen = await credited(learner, test.lessons[0]);
    await page.evaluate(
      `Object.assign(document.querySelector('#lesson-video_html5_api'), { currentTime: 1, playbackRate: 2 })`,
    );
    await play(page);
    await playedUpTo(page, 5);
    expect(await page.evaluate(`document.querySelector('#lesson-video_html5_api').playbackRate`)).to.equal(2);
    await line(page, '重复观看');
    expect(await credited(learner, test.lessons[0])).to.be.within(seen, 12);
    await context.close();
  });

  it('shows an appeal from its writing to its answer, on a desk and a phone, in both languages', async () => {
    const learner = await test.learner({ name: '张静' });
    await test.platform.rooms.progress.setWorkshop(learner.enrolment._id, 'w1');
    const inCharge = await test.person({ grants: [{ role: 'moderator', scope: 'workshop:w1' }] });
    const one = new Player(await test.signIn(learner.login), lesson);
    await one.start();
    await one.beat([[0, 40]]).expect(200);
    await one.beat([[70, 75]]).expect(200);
    const mine = await visit(browser, test.url, learner.login);
    const theirs = await visit(browser, test.url, inCharge.login);
    const look = async (page: Page, address: string, name: string) => {
      for (const language of ['en', 'zh-CN']) {
        await page.goto(`${test.url}/language?to=${language}&back=/help`);
        for (const [size, viewport] of Object.entries(sizes)) {
          await page.setViewportSize(viewport);
          await page.goto(test.url + address);
          for (const details of await page.locator('details.appeal-form').all())
            await details.locator('summary').click();
          await axe(page);
          const beyond = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          expect(beyond, `${name} overflows on a ${size}`).to.be.at.most(0);
          await screenshot(page, `${name}-${language}-${size}`, true);
        }
      }
      await page.setViewportSize(sizes.desk);
      await page.goto(test.url + address);
    };
    const ledger = `/video-courses/credit?enrolment=${learner.enrolment._id}`;
    await look(mine.page, ledger, 'credit');
    await mine.page.getByText('对这一段申诉').first().click();
    await mine.page.getByLabel('申诉理由').first().fill('校园网断了几次，这一段我是看完的。');
    await mine.page.getByRole('button', { name: '提交申诉' }).first().click();
    await mine.page.getByText('申诉处理中').waitFor();
    await look(theirs.page, '/video-courses/appeals', 'appeals');
    await theirs.page.getByLabel('补计秒数').fill('20');
    await theirs.page.getByLabel('答复').fill('已向学校核实。');
    await theirs.page.getByRole('button', { name: '同意补计' }).click();
    await theirs.page.getByText('没有待处理的申诉').waitFor();
    await look(mine.page, ledger, 'credit-answered');
    await mine.page.getByText('申诉已同意，补计 20 秒').waitFor();
    await look(theirs.page, '/video-courses/appeals?state=granted', 'appeals-granted');
    await look(theirs.page, '/video-courses/anomalies', 'anomalies-empty');
    await mine.context.close();
    await theirs.context.close();
  });

  describe('with presence checks', () => {
    let asking: VideoPlatform;
    let other: VideoPlatform;

    before(async () => {
      other = test;
      asking = await startVideoPlatform({
        presence: { minSeconds: 6, maxSeconds: 6, answerSeconds: 10, extensions: 2 },
      });
      lesson = await addLong(asking);
      test = asking;
    });
    after(async () => {
      test = other;
      await asking?.stop();
    });

    it('asks over the video, takes the keyboard, gives more time, and says so to a screen reader', async () => {
      const learner = await test.learner();
      const { page, context } = await open(learner);
      await play(page);
      const dialog = page.getByRole('alertdialog', { name: '你还在学习吗？' });
      await dialog.waitFor({ timeout: 20_000 });
      expect(await page.title()).to.include('你还在学习吗？');
      expect(await page.evaluate('document.activeElement.id')).to.equal('check-answer');
      const stopped = await position(page);
      await axe(page);
      await screenshot(page, 'playing-check');
      await page.setViewportSize(sizes.phone);
      await screenshot(page, 'playing-check-phone');
      await page.setViewportSize(sizes.desk);
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.id')).to.equal('check-extend');
      const left = (seconds: string) =>
        untilInPage(page, `/^(${seconds}) 秒$/.test(document.querySelector('#check-left').textContent)`, 15_000);
      await left('7|6|5|4');
      await page.keyboard.press('Enter');
      await left('10|9');
      await page.locator('#check-spoken', { hasText: '剩余时间 10 秒' }).waitFor({ state: 'attached' });
      await page.keyboard.press('Enter');
      await dialog.waitFor({ state: 'hidden' });
      expect(await page.title()).not.to.include('你还在学习吗？');
      await eventually(async () => expect(await position(page)).to.be.greaterThan(stopped + 1));
      await context.close();
    });

    it('stops crediting at the moment of asking where nobody answers, and goes on with whoever comes back', async () => {
      const learner = await test.learner();
      const { page, context } = await open(learner);
      await play(page);
      const dialog = page.getByRole('alertdialog', { name: '你还在学习吗？' });
      await dialog.waitFor({ timeout: 20_000 });
      const asked = await credited(learner);
      await page.locator('#check-text', { hasText: '确认时间已过' }).waitFor({ timeout: 20_000 });
      // What was played until the moment of asking may have been on its way.
      const kept = await credited(learner);
      expect(kept).to.be.within(asked, asked + 1);
      await page.keyboard.press('Enter');
      await dialog.waitFor({ state: 'hidden' });
      await eventually(async () => expect(await credited(learner)).to.be.greaterThan(kept));
      await page.goto(`${test.url}/video-courses/credit?enrolment=${learner.enrolment._id}`);
      await page.getByText('未按时 1 次').waitFor();
      await axe(page);
      await screenshot(page, 'credit-checks', true);
      await context.close();
    });
  });
});
