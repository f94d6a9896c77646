import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { axe, launchBrowser, screenshot, sizes } from './support/browser.ts';
import { type ClientSite, startClientSite } from './support/client-site.ts';
import { untilInPage } from './support/visitor.ts';

describe('the browser code of every page', function () {
  this.timeout(120_000);
  const room = 'enrolment:e1';
  let browser: Browser;
  let site: ClientSite;
  let context: BrowserContext;
  let page: Page;
  let problems: string[];

  before(async function () {
    browser = await launchBrowser(this);
    site = await startClientSite();
  });

  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  beforeEach(async () => {
    problems = [];
    context = await browser.newContext({ locale: 'zh-CN', viewport: sizes.desk });
    page = await context.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    Object.assign(site.home, { total: 5251, state: 'studying' });
  });

  afterEach(async () => {
    await context.close();
    expect(problems).to.deep.equal([]);
  });

  /** Resolves when a page has come into the room and been told what it has missed. */
  const joining = () =>
    new Promise<void>((resolve) => {
      const { adapter } = site.realtime.io.sockets;
      adapter.on('join-room', function watch(name: string) {
        if (name !== room) return;
        adapter.off('join-room', watch);
        // What is published before the answer is made would be read again, from figures that the tests do not change.
        setImmediate(resolve);
      });
    });
  const openHome = async () => {
    const joined = joining();
    await page.goto(site.url);
    await joined;
  };
  /** Which text the ring shows, in the page's own time. */
  const ring = (text: string) =>
    untilInPage(page, `document.querySelector('.ring-figure').textContent.includes('${text}')`, 20_000);

  it('moves text, ring and bar when the room says so', async () => {
    await openHome();
    site.realtime.publish(room, 'progress', { total: 6125, components: { video: 4000 }, state: 'studying' });
    await ring('61.25');
    expect(await page.locator('.progress-ring.is-passed').count()).to.equal(1);
    const bar = page.getByRole('progressbar', { name: '视频学习' });
    expect(await bar.getAttribute('aria-valuetext')).to.equal('100%');
    expect(await page.locator('b[data-live="progress.components.video"]').textContent()).to.equal('40.00');
  });

  it('reads the page again when a state changes', async () => {
    await openHome();
    Object.assign(site.home, { total: 6300, state: 'qualified' });
    site.realtime.publish(room, 'progress', { state: 'qualified' });
    await page.locator('.home-card .state', { hasText: '考核合格' }).waitFor();
    expect(await page.locator('.ring-figure').textContent()).to.equal('63.00');
  });

  it('says at once that the connection is lost, dims what may be old, and catches up', async () => {
    await openHome();
    // It may come back at once otherwise.
    await context.setOffline(true);
    for (const socket of site.realtime.io.sockets.sockets.values()) socket.conn.close();
    await page.locator('#connection span', { hasText: '连接已断开' }).waitFor();
    expect(await page.locator('body.is-stale').count()).to.equal(1);
    await axe(page);
    await screenshot(page, 'client-lost');
    site.home.total = 6800;
    const joined = joining();
    await context.setOffline(false);
    await joined;
    await page.locator('#connection span', { hasText: '连接已恢复' }).waitFor();
    expect(await page.locator('body.is-stale').count()).to.equal(0);
    await ring('68.00');
    site.realtime.publish(room, 'progress', { total: 7000 });
    await ring('70.00');
  });

  it('reads again what changed between its making and its coming into the room', async () => {
    site.meanwhile = async () => {
      site.home.total = 6400;
      site.realtime.publish(room, 'progress', { total: 6400 });
    };
    await page.goto(site.url);
    await ring('64.00');
  });

  it('keeps a change that comes while older figures are being read', async () => {
    await openHome();
    await page.evaluate(`void document.addEventListener('xf:refreshed', () => { window.wasRead = true; })`);
    site.meanwhile = async () => {
      site.realtime.publish(room, 'progress', { total: 6500 });
      await ring('65.00');
    };
    site.realtime.publish(room, 'progress', { state: 'qualified' });
    await untilInPage(page, 'window.wasRead', 20_000);
    expect(await page.locator('.ring-figure').textContent()).to.equal('65.00');
  });

  it('is accessible and fits, on a desk and a phone, in both languages', async () => {
    for (const language of ['zh-CN', 'en']) {
      for (const [name, size] of Object.entries(sizes)) {
        await page.setViewportSize(size);
        await page.goto(`${site.url}/?lang=${language}`);
        await axe(page);
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).to.be.at.most(0);
        await screenshot(page, `client-home-${language}-${name}`);
      }
    }
  });

  it('keeps a draft on the device until it is sent', async () => {
    await page.goto(`${site.url}/form`);
    await page.getByLabel('text').fill('写了一半');
    await page.getByText('草稿已保存在本机').waitFor();
    await page.reload();
    expect(await page.getByLabel('text').inputValue()).to.equal('写了一半');
    await page.getByText('已恢复上次未提交的草稿').waitFor();
    await page.getByRole('button', { name: 'save' }).click();
    await page.waitForURL('**/form?done=1');
    expect(await page.getByLabel('text').inputValue()).to.equal('');
    await page.goto(`${site.url}/form`);
    expect(await page.getByLabel('text').inputValue()).to.equal('');
  });

  it('sends a form once however often its button is pressed', async () => {
    site.sent.length = 0;
    await page.goto(`${site.url}/form`);
    await page.getByLabel('text').fill('一次');
    const letThrough = await page.evaluate(`(() => {
      let count = 0;
      window.addEventListener('submit', (event) => { if (!event.defaultPrevented) count += 1; });
      const button = [...document.querySelectorAll('button')].at(-1);
      for (let i = 0; i < 3; i += 1) button.click();
      return count;
    })()`);
    expect(letThrough).to.equal(1);
    await page.waitForURL('**/form?done=1');
    expect(site.sent.map(({ text }) => text)).to.deep.equal(['一次']);
  });

  it('ticks all, counts what is ticked and opens the action', async () => {
    await page.goto(`${site.url}/form`);
    const nudge = page.getByRole('button', { name: 'nudge' });
    await page.getByLabel('one').check();
    expect(await page.evaluate(`document.querySelector('[data-select-all]').indeterminate`)).to.equal(true);
    expect(await page.locator('[data-selected]').textContent()).to.equal('已选 1 人');
    await page.getByLabel('all', { exact: true }).check();
    expect(await page.getByLabel('two').isChecked()).to.equal(true);
    expect(await nudge.isEnabled()).to.equal(true);
    await page.getByLabel('all', { exact: true }).uncheck();
    expect(await nudge.isEnabled()).to.equal(false);
  });

  it('sends a filter as soon as it is chosen', async () => {
    await page.goto(`${site.url}/form`);
    await page.getByLabel('filter').selectOption('behind');
    await page.waitForURL('**/form?state=behind');
  });
});
