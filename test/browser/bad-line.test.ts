import { expect } from 'chai';
import type { BrowserContext, Page, Route } from 'playwright-core';
import { password } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { axe, screenshot, sizes } from './support/browser.ts';
import { line, play, playedUpTo, position } from './support/lesson-page.ts';
import { beatSeconds, type LessonSite, startLessonSite } from './support/lesson-site.ts';

const beats = '**/api/v1/video-courses/beats';

/** Everything goes over HTTP, where a test can come between. */
const withoutSocket = async (page: Page) => {
  await page.routeWebSocket('**/socket.io/**', (socket) => socket.close());
  await page.route('**/socket.io/**', (route) => route.abort());
  await page.reload();
};

describe('playing on a bad line, in browsers', function () {
  this.timeout(120_000);

  describe('with presence checks', () => {
    let site: LessonSite;
    let test: LessonSite['test'];
    let open: LessonSite['open'];
    let credited: LessonSite['credited'];

    before(async function () {
      site = await startLessonSite(this, { minSeconds: 5, maxSeconds: 5, answerSeconds: 30, extensions: 2 });
      ({ test, open, credited } = site);
    });
    after(() => site?.stop());

    const dialogOf = (page: Page) => page.getByRole('alertdialog', { name: '您还在学习吗？' });
    const checksOf = async (learner: { id: string; enrolment: { _id: string } }) => {
      const days = test.platform.rooms.connection.collection('video_courses_days');
      const found = await days.find({ enrolment: learner.enrolment._id }).toArray();
      const sum = (name: string) => found.reduce((all, { presence }) => all + presence[name], 0);
      return { asked: sum('asked'), answered: sum('answered'), late: sum('late') };
    };
    it('does not take a key that was meant for a note for an answer, and gives focus and text back', async () => {
      const learner = await test.learner();
      const { page, context } = await open(learner);
      await play(page);
      const notes = page.getByRole('textbox', { name: '我的笔记' });
      await notes.click();
      await page.keyboard.type('课堂');
      await dialogOf(page).waitFor({ timeout: 20_000 });
      expect(await page.evaluate('document.activeElement.id')).to.equal('check-answer');
      await page.keyboard.type('ab c');
      await page.keyboard.press('Enter');
      await page.keyboard.type('d');
      expect(await dialogOf(page).isVisible()).to.equal(true);
      expect(await notes.inputValue()).to.equal('课堂ab c\nd');
      expect((await checksOf(learner)).answered).to.equal(0);
      // Keys rest for a second and a half; the page's clock says when that is over.
      await page.evaluate('new Promise((resolve) => setTimeout(resolve, 1_600))');
      await page.keyboard.press('Space');
      await dialogOf(page).waitFor({ state: 'hidden' });
      expect(await page.evaluate('document.activeElement.id')).to.equal('lesson-notes');
      await page.keyboard.type('e');
      expect(await notes.inputValue()).to.equal('课堂ab c\nde');
      await eventually(async () => expect(await checksOf(learner)).to.include({ answered: 1, late: 0 }));
      await context.close();
    });

    it('asks again where the question was lost on the way, and goes on from where the credit ends', async () => {
      const learner = await test.learner();
      const { page, context } = await open(learner);
      await withoutSocket(page);
      let lost = 0;
      await page.route(beats, async (route: Route) => {
        const response = await route.fetch();
        const { presence } = await response.json();
        if (!presence || lost >= 4) return route.fulfill({ response });
        lost += 1;
        return route.abort();
      });
      await play(page);
      await dialogOf(page).waitFor({ timeout: 40_000 });
      expect(lost).to.equal(4);
      const stopped = await position(page);
      const had = await credited(learner);
      expect(stopped - had).to.be.above(3 * beatSeconds);
      await page.unroute(beats);
      await page.getByRole('button', { name: '我在学习，继续' }).click();
      await eventually(async () => expect(await position(page)).to.be.below(had + 3));
      await eventually(async () => expect(await credited(learner)).to.be.at.least(had + 2));
      expect(await page.locator('#player-line').textContent()).not.to.include('跳过');
      expect(await checksOf(learner)).to.include({ late: 0 });
      await context.close();
    });

    it('keeps an answer that was given without a network, and what is played after it', async () => {
      const learner = await test.learner();
      const { page, context } = await open(learner);
      await play(page);
      await dialogOf(page).waitFor({ timeout: 20_000 });
      const had = await credited(learner);
      await context.setOffline(true);
      await page.getByRole('button', { name: '我在学习，继续' }).click();
      await dialogOf(page).waitFor({ state: 'hidden' });
      await line(page, '确认没有送达，正在重试');
      await screenshot(page, 'playing-answer-kept');
      await playedUpTo(page, had + 8);
      const reached = await position(page);
      await context.setOffline(false);
      await eventually(
        async () => expect(await credited(learner)).to.be.at.least(Math.floor(reached) - beatSeconds),
        30_000,
      );
      expect(await checksOf(learner)).to.include({ answered: 1, late: 0 });
      await context.close();
    });

    it('shows a check that is open as soon as another page starts', async () => {
      const learner = await test.learner();
      const { page, context } = await open(learner);
      await play(page);
      await dialogOf(page).waitFor({ timeout: 20_000 });
      const had = await credited(learner);
      await page.reload();
      await play(page);
      await dialogOf(page).waitFor();
      expect(await page.evaluate(`document.querySelector('#lesson-video_html5_api').paused`)).to.equal(true);
      await page.getByRole('button', { name: '我在学习，继续' }).click();
      await eventually(async () => expect(await credited(learner)).to.be.above(had + 1), 20_000);
      expect(await checksOf(learner)).to.include({ answered: 1, late: 0 });
      await context.close();
    });
  });

  describe('where the sign-in ends', () => {
    let site: LessonSite;
    before(async function () {
      site = await startLessonSite(this);
    });
    after(() => site?.stop());

    const signOut = (context: BrowserContext) => context.clearCookies({ name: 'xf.sid' });

    it('keeps what is played, says so with a way to sign in, and counts it afterwards', async () => {
      const learner = await site.test.learner();
      const { page, context } = await site.open(learner);
      await withoutSocket(page);
      await play(page);
      await playedUpTo(page, 3);
      await signOut(context);
      await line(page, '登录已失效');
      await playedUpTo(page, 9);
      const reached = await position(page);
      expect(await site.credited(learner)).to.be.below(reached - beatSeconds);
      await axe(page);
      await screenshot(page, 'playing-signed-out');
      await page.setViewportSize(sizes.phone);
      await screenshot(page, 'playing-signed-out-phone');
      await page.setViewportSize(sizes.desk);
      await page.getByRole('link', { name: '重新登录' }).click();
      await page.getByLabel('账号、手机号或身份证号').fill(learner.login);
      await page.getByLabel('密码', { exact: true }).fill(password);
      await page.getByRole('button', { name: '登录' }).click();
      await page.waitForURL((url) => url.pathname.startsWith('/video-courses/lessons/'));
      await line(page, '已补报');
      expect(await site.credited(learner)).to.be.at.least(Math.floor(reached) - beatSeconds);
      await context.close();
    });
  });
});
