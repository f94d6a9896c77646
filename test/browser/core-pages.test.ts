import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { password } from '../support/client.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { axe, launchBrowser, screenshot, sizes } from './support/browser.ts';

describe('core pages in a browser', function () {
  this.timeout(120_000);
  let browser: Browser;
  let site: TestPlatform;
  let context: BrowserContext;
  let page: Page;

  before(async function () {
    browser = await launchBrowser(this);
    site = await startTestPlatform({ plugins: [] });
  });

  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  beforeEach(async () => {
    context = await browser.newContext({ locale: 'zh-CN', viewport: sizes.desk });
    page = await context.newPage();
  });

  afterEach(() => context.close());

  const signIn = async (login: string) => {
    await page.goto(`${site.url}/sign-in`);
    await page.getByLabel('账号、手机号或身份证号').fill(login);
    await page.getByLabel('密码', { exact: true }).fill(password);
    await page.getByRole('button', { name: '登录' }).click();
    await page.waitForURL((url) => url.pathname !== '/sign-in');
  };

  /** Looks at addresses on a desk and a phone, in both languages: nothing overflows, everything is accessible. */
  const inspect = async (addresses: string[]) => {
    for (const language of ['zh-CN', 'en']) {
      await page.goto(`${site.url}/language?to=${language}&back=/help`);
      for (const address of addresses) {
        for (const [name, size] of Object.entries(sizes)) {
          await page.setViewportSize(size);
          await page.goto(site.url + address);
          await axe(page);
          const beyond = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          expect(beyond, `${address} overflows on a ${name}`).to.be.at.most(0);
          expect(await page.locator('h1').count(), `${address} has one title`).to.equal(1);
          await screenshot(page, `core${address.replaceAll('/', '-')}-${language}-${name}`, true);
        }
      }
    }
  };

  it('are accessible and fit, signed out', async () => {
    await inspect(['/sign-in', '/activate', '/help', '/no-such-page', `/programmes/${site.programme}`]);
  });

  it('are accessible and fit, for a learner who is lost', async () => {
    await signIn((await site.learner()).login);
    await inspect(['/search?q=zz', '/no-such-page']);
  });

  it('say what was wrong with a sign-in and keep what was typed', async () => {
    await page.goto(`${site.url}/sign-in`);
    await page.getByLabel('账号、手机号或身份证号').fill('nobody');
    await page.getByLabel('密码', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: '登录' }).click();
    await page.getByRole('alert').getByText('账号或密码不对').waitFor();
    expect(await page.getByLabel('账号、手机号或身份证号').inputValue()).to.equal('nobody');
  });

  it('can be used without scripts', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, locale: 'zh-CN' });
    try {
      page = await plain.newPage();
      await signIn((await site.learner({ name: '林小雨' })).login);
      await page.getByText('林小雨').click();
      await page.getByRole('button', { name: '退出登录' }).click();
      expect(new URL(page.url()).pathname).to.equal('/sign-in');
    } finally {
      await plain.close();
    }
  });
});
