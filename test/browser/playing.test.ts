import { expect } from 'chai';
import type { BrowserContext } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { axe, screenshot, sizes } from './support/browser.ts';
import { clockOf, line, play, playedUpTo, position, seek, stretches } from './support/lesson-page.ts';
import { beatSeconds, type LessonSite, startLessonSite } from './support/lesson-site.ts';
import { untilInPage } from './support/visitor.ts';

/** How much a player that goes away without a word may lose: one beat interval, and the moment it takes to tell. */
const interval = beatSeconds + 1;
/** How long a correction stands, ms, less the moment until it was noticed. */
const reading = 4_800;

describe('playing in browsers', function () {
  this.timeout(120_000);

  describe('without presence checks', () => {
    let site: LessonSite;
    let test: LessonSite['test'];
    let open: LessonSite['open'];
    let credited: LessonSite['credited'];

    before(async function () {
      site = await startLessonSite(this);
      ({ test, open, credited } = site);
    });
    after(() => site?.stop());

    /** A page of the same browser, as after a tab was closed. */
    const reopen = async (context: BrowserContext) => {
      const page = await context.newPage();
      await page.goto(`${test.url}/video-courses/lessons/${site.lesson}`);
      return page;
    };

    it('keeps beats while the network is away, and is credited for them when it is back', async () => {
      const learner = await test.learner();
      const { page, context } = await open(learner);
      await play(page);
      await playedUpTo(page, 3);
      await context.setOffline(true);
      await line(page, '网络中断');
      await playedUpTo(page, 9);
      await screenshot(page, 'playing-offline');
      const before = await credited(learner);
      expect(before).to.be.lessThan(6);
      await context.setOffline(false);
      await line(page, '网络已恢复');
      await eventually(async () => expect(await credited(learner)).to.be.at.least(8));
      expect(await credited(learner)).to.be.at.most(Math.ceil(await position(page)));
      await context.close();
    });

    it('loses at most one interval where the phone closes the tab without a network', async () => {
      const learner = await test.learner();
      const { page, context } = await open(learner);
      await play(page);
      await playedUpTo(page, 3);
      await context.setOffline(true);
      await playedUpTo(page, 9);
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
      // Where this page was opened is shown until the start's answer names that.
      for (const [from, to] of await stretches(again)) {
        expect(to - from < 1 || from >= reached - interval, `${from} to ${to} after ${reached}`).to.equal(true);
      }
      expect(await again.locator('#elsewhere').isVisible()).to.equal(false);
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
  });

  describe('with presence checks', () => {
    let site: LessonSite;
    let test: LessonSite['test'];
    let open: LessonSite['open'];
    let credited: LessonSite['credited'];

    before(async function () {
      site = await startLessonSite(this, { minSeconds: 3, maxSeconds: 3, answerSeconds: 30, extensions: 2 });
      ({ test, open, credited } = site);
    });
    after(() => site?.stop());

    /** Changes the programme's rule, and waits until the platform has read it. */
    const answerWithin = async (seconds: number) => {
      const { connection, programmes } = test.platform.rooms;
      const key = 'settings.video-courses.presence.answerSeconds';
      await connection
        .collection('programmes')
        .updateOne({ _id: test.programme as never }, { $set: { [key]: seconds } });
      await eventually(async () => expect(await programmes.get(test.programme)).to.have.nested.property(key, seconds));
    };

    it('asks over the video, takes the keyboard, gives more time, and says so to a screen reader', async () => {
      const learner = await test.learner();
      const { page, context } = await open(learner);
      await play(page);
      const dialog = page.getByRole('alertdialog', { name: '您还在学习吗？' });
      await dialog.waitFor({ timeout: 20_000 });
      expect(await page.title()).to.include('您还在学习吗？');
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
      await left('2[0-7]');
      await page.keyboard.press('Enter');
      await left('30|29');
      await page.locator('#check-spoken', { hasText: '剩余时间 30 秒' }).waitFor({ state: 'attached' });
      await page.keyboard.press('Enter');
      await dialog.waitFor({ state: 'hidden' });
      expect(await page.title()).not.to.include('您还在学习吗？');
      await eventually(async () => expect(await position(page)).to.be.greaterThan(stopped + 1));
      await context.close();
    });

    it('stops crediting at the moment of asking where nobody answers, and goes on with whoever comes back', async () => {
      await answerWithin(10);
      const learner = await test.learner();
      const { page, context } = await open(learner);
      await play(page);
      const dialog = page.getByRole('alertdialog', { name: '您还在学习吗？' });
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
