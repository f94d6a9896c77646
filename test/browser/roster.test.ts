import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { teacher } from '../plugins/enrolment/roster-support.ts';
import { password } from '../support/client.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { headings, workbookWithSheet } from '../support/workbook-files.ts';
import { axe, launchBrowser, screenshot, sizes } from './support/browser.ts';

/** A sheet of these rows, of which some are hidden. */
function sheetOf(rows: (string | number | null)[][], hidden: readonly number[]): Buffer {
  const cell = (value: string | number | null, place: string) =>
    value === null ? '' : `<c r="${place}" t="inlineStr"><is><t>${value}</t></is></c>`;
  const lines = rows.map((row, index) => {
    const cells = row.map((value, column) => cell(value, `${String.fromCharCode(65 + column)}${index + 1}`)).join('');
    return `<row r="${index + 1}"${hidden.includes(index + 1) ? ' hidden="1"' : ''}>${cells}</row>`;
  });
  return workbookWithSheet(lines.join(''));
}

describe('a roster in a browser', function () {
  this.timeout(120_000);
  let browser: Browser;
  let site: TestPlatform;
  let context: BrowserContext;
  let page: Page;

  before(async function () {
    browser = await launchBrowser(this);
    site = await startTestPlatform({ plugins: ['enrolment'] });
    const grants = [{ role: 'school-administrator' as const, scope: 'organisation:school-a' as const }];
    const { login } = await site.person({ grants });
    context = await browser.newContext({ locale: 'zh-CN', viewport: sizes.desk });
    page = await context.newPage();
    await page.goto(`${site.url}/sign-in`);
    await page.getByLabel('账号、手机号或身份证号').fill(login);
    await page.getByLabel('密码', { exact: true }).fill(password);
    await page.getByRole('button', { name: '登录' }).click();
    await page.waitForURL((url) => url.pathname !== '/sign-in');
  });

  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  const upload = async (name: string, buffer: Buffer) => {
    await page.goto(`${site.url}/enrolment`);
    const mimeType = 'application/octet-stream';
    await page.locator('input[type=file]').setInputFiles({ name, mimeType, buffer });
    await page.getByRole('button', { name: '上传并检查' }).click();
  };

  it('says what is wrong at the field, and what with each row, accessible and within the page', async () => {
    await upload('名册.xls', Buffer.from('<html><table><tr><td>姓名</td></tr></table></html>'));
    expect(await page.locator('#field-roster-error').textContent()).to.include('网页格式');
    await screenshot(page, 'roster-refused-file', true);
    const rows = [
      headings,
      teacher(),
      teacher({ name: '李强' }),
      teacher({ id: '41020419800101', school: '没有的中学', subject: '炼金术' }),
      teacher({ name: '阿依古丽．买买提', phone: '0371-22222222', title: '一级教师、中级' }),
    ];
    await upload('名册.xlsx', sheetOf(rows, [3]));
    await page.waitForURL(/rosters/);
    const address = page.url();
    expect(await page.locator('.enrolment-problems').first().locator('li').count()).to.equal(3);
    for (const language of ['zh-CN', 'en']) {
      await page.goto(`${site.url}/language?to=${language}&back=/help`);
      for (const [name, size] of Object.entries(sizes)) {
        await page.setViewportSize(size);
        for (const [what, url] of Object.entries({ upload: `${site.url}/enrolment`, checked: address })) {
          await page.goto(url);
          await axe(page);
          const beyond = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          expect(beyond, `${what} overflows on a ${name}`).to.be.at.most(0);
          await screenshot(page, `roster-${what}-${language}-${name}`, true);
        }
      }
    }
    await page.goto(`${site.url}/language?to=zh-CN&back=/help`);
    await page.goto(address);
    await page.getByRole('button', { name: '一并读取隐藏的行' }).click();
    await page.getByRole('button', { name: '不读取隐藏的行' }).waitFor();
    expect(await page.getByRole('button', { name: /确认报名/ }).textContent()).to.include('3');
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: '下载标注后的名册' }).click();
    expect((await download).suggestedFilename()).to.equal('名册-检查结果.xlsx');
  });
});
