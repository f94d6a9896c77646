import type { Browser, BrowserContext, Page } from 'playwright-core';
import { password } from '../../support/client.ts';
import { eventually } from '../../support/eventually.ts';
import { sizes } from './browser.ts';

/** A person at a browser of their own. */
export interface Visitor {
  page: Page;
  context: BrowserContext;
  /** Opens an address of the platform. */
  open(path: string): Promise<void>;
}

/** Opens a browser context; with a login the person signs in through the form, in Chinese. */
export async function visit(browser: Browser, url: string, login?: string): Promise<Visitor> {
  const context = await browser.newContext({ locale: 'zh-CN', viewport: sizes.desk, acceptDownloads: true });
  const page = await context.newPage();
  const open = async (path: string) => {
    await page.goto(url + path);
  };
  if (login) {
    await open('/sign-in');
    await page.getByLabel('账号、手机号或身份证号').fill(login);
    await page.getByLabel('密码', { exact: true }).fill(password);
    await page.getByRole('button', { name: '登录' }).click();
    await page.waitForURL((address) => address.pathname !== '/sign-in');
  }
  return { page, context, open };
}

/**
 * Waits until an expression is true, in the page itself: looking costs nothing there, and a question to the browser much.
 * (`waitForFunction` would evaluate text by `eval`, which the platform's pages forbid.)
 */
export async function untilInPage(page: Page, expression: string, withinMs: number): Promise<void> {
  const held = await page.evaluate(`new Promise((resolve) => {
    const end = Date.now() + ${withinMs};
    const look = () => {
      const holds = Boolean(${expression});
      if (holds || Date.now() > end) resolve(holds);
      else setTimeout(look, 50);
    };
    look();
  })`);
  if (!held) throw new Error(`${expression} did not hold within ${withinMs} ms`);
}

/** When each text of an element was seen first, in epoch ms, and whether the page is still the one that was opened. */
export interface Watch {
  /** Resolves with the moment at which the text was shown. */
  shown(text: string): Promise<number>;
  /** Every text so far. */
  texts(): Promise<string[]>;
  /** False once the page was loaded anew. */
  isSamePage(): Promise<boolean>;
}

/** Notes every change of one element of a page from now on. */
export async function watch(page: Page, selector: string): Promise<Watch> {
  await page.locator(selector).waitFor();
  await page.evaluate(`(() => {
    const seen = {};
    const look = () => {
      const text = document.querySelector(${JSON.stringify(selector)})?.textContent.trim();
      seen[text] ??= Date.now();
    };
    look();
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    window.watched = seen;
  })()`);
  return {
    shown: (text) =>
      eventually(async () => {
        const at = await page.evaluate(`window.watched?.[${JSON.stringify(text)}]`);
        if (typeof at !== 'number') throw new Error(`${selector} never showed ${text}`);
        return at;
      }),
    texts: () => page.evaluate('Object.keys(window.watched ?? {})') as Promise<string[]>,
    isSamePage: () => page.evaluate('window.watched !== undefined') as Promise<boolean>,
  };
}
