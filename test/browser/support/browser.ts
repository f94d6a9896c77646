import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Context } from 'mocha';
import { type Browser, chromium, type Page } from 'playwright-core';
import { eventually } from '../../support/eventually.ts';

/** What to do where browser tests are skipped. */
const remedy = 'no Chromium found: install one (Debian: apt-get install chromium-headless-shell) or set CHROMIUM_PATH';

/** Without windows it needs a third less of the processor. */
const names = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
];

function usualPlaces(): string[] {
  const { PATH = '', PROGRAMFILES = 'C:\\Program Files', LOCALAPPDATA = homedir() } = process.env;
  const x86 = process.env['PROGRAMFILES(X86)'] ?? PROGRAMFILES;
  const folders = process.platform === 'win32' ? [] : ['/usr/bin', '/usr/local/bin', '/snap/bin', ...PATH.split(':')];
  return [
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    ...[PROGRAMFILES, x86, LOCALAPPDATA].flatMap((folder) => [
      join(folder, 'Chromium/Application/chrome.exe'),
      join(folder, 'Google/Chrome/Application/chrome.exe'),
      join(folder, 'Microsoft/Edge/Application/msedge.exe'),
    ]),
  ];
}

/** The browser to test with: CHROMIUM_PATH, else the first of the usual places, else undefined. */
function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  if (named) return existsSync(named) ? named : undefined;
  return usualPlaces().find((place) => existsSync(place));
}

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

/** Starts the system's Chromium; for a `before` hook, which it skips with the remedy where there is none. */
export async function launchBrowser(test: Context): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    process.stderr.write(`${remedy}\n`);
    test.skip();
  }
  return chromium.launch({ executablePath, headless: true, args: flags });
}

const axeSource = (): string => readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  help: string;
  nodes: { target: unknown[]; html: string; failureSummary?: string }[];
}

/**
 * Checks the page against WCAG 2.2 AA and axe's best practices.
 * @throws Error that names each rule with its elements and what is wrong
 */
export async function axe(page: Page): Promise<void> {
  // Not by `page.evaluate`, which takes twice as long to read so much.
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axeSource() });
  await session.detach();
  const found = (await page.evaluate(
    `axe.run({ resultTypes: ['violations'], runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice'] }).then((r) => r.violations)`,
  )) as Violation[];
  if (found.length === 0) return;
  const lines = found.flatMap(({ id, help, nodes }) => [
    `${id}: ${help}`,
    ...nodes.map((node) => `  ${node.target.join(' ')}  ${node.html.slice(0, 160)}\n    ${node.failureSummary ?? ''}`),
  ]);
  throw new Error(`${page.url()} is not accessible\n${lines.join('\n')}`);
}

/** Widths at which every page is looked at. */
export const sizes = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** Text that its place cuts off, and a page whose end lies behind the phone's bottom bar, as a list of sentences. */
const hidden = `(() => {
  const problems = [...document.querySelectorAll('.btn, .state, .figure-value, .step-label, .bottom-bar a > span')]
    .filter((e) => e.checkVisibility() && !getComputedStyle(e).clipPath.startsWith('inset') && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 4))
    .map((e) => 'cut off: ' + e.className + ' ' + e.textContent.trim().replace(/\\s+/g, ' '));
  const [bar, end] = ['.bottom-bar', '.foot'].map((part) => document.querySelector(part)?.getBoundingClientRect());
  const room = document.documentElement.scrollHeight - scrollY - innerHeight;
  if (bar?.height > 0 && end && end.bottom - room > bar.top + 2) problems.push('the foot lies behind the bottom bar');
  return problems;
})()`;

/**
 * What is wrong with how an open page looks on a desk and on a phone: wider than the window, text cut off, or not
 * accessible at the width named. Ends at desk width.
 */
export async function problemsOfLook(page: Page, accessible: keyof typeof sizes): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, size] of Object.entries(sizes).reverse()) {
    await page.setViewportSize(size);
    // Charts follow a new width a moment later.
    await eventually(async () => {
      const beyond = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
      if (beyond > 0) throw new Error(`${beyond} px too wide`);
    }, 5_000).catch((error: Error) => problems.push(`${name}: ${error.message}`));
    const unseen = (await page.evaluate(hidden)) as string[];
    problems.push(...unseen.map((one) => `${name}: ${one}`));
    if (name === accessible) await axe(page).catch((error: Error) => problems.push(`${name}: ${error.message}`));
  }
  return problems;
}

/**
 * Writes what the page shows to `<SCREENSHOTS>/<name>.png`; does nothing where SCREENSHOTS names no folder.
 * @param full the whole page rather than the window
 */
export async function screenshot(page: Page, name: string, full = false): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  const path = join(folder, `${name}.png`);
  mkdirSync(dirname(path), { recursive: true });
  await page.screenshot({ path, fullPage: full });
}
