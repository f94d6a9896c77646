import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { Player } from '../plugins/video-courses/video-support.ts';
import { axe, screenshot, sizes } from './support/browser.ts';
import { type LessonSite, startLessonSite } from './support/lesson-site.ts';
import { visit } from './support/visitor.ts';

describe('appeals in browsers', function () {
  this.timeout(120_000);
  let site: LessonSite;

  before(async function () {
    site = await startLessonSite(this);
  });
  after(() => site?.stop());

  it('shows an appeal from its writing to its answer, on a desk and a phone, in both languages', async () => {
    const { test, browser, lesson } = site;
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
});
