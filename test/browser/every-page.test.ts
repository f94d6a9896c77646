import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import type { Grant } from '../../server/accounts/scope.ts';
import { projectFolder } from '../../server/config.ts';
import type { Services } from '../../server/plugins/contract.ts';
import { gradeWork, handIn, post } from '../support/path-steps.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { layPath, type Path } from '../support/whole-path.ts';
import { launchBrowser, problemsOfLook } from './support/browser.ts';
import { kindOf, Looks, type ReadPage, readPages } from './support/read-pages.ts';
import { visit } from './support/visitor.ts';

/** Pages of one person in one language; the menu and what it leads to is less. */
const mostPages = 80;
/** Words in Latin letters that Chinese pages may show: names of things, not of our making, and the fixtures' account names. */
const allowed =
  /^(person|REGISTRY|GitHub|Xuefang|AGPL|English|Escape|Chrome|Edge|Firefox|Safari|Excel|xlsx|Ctrl|Enter|WebM|WebVTT|JSON)$/i;
/** Plugins' names and organisations' codes, which an operator types. */
const technical = new Set(
  ['school', 'bureau-city', 'provider', ...readdirSync(join(projectFolder, 'plugins'))].flatMap((name) =>
    name.split('-'),
  ),
);
/** What Chinese pages say, in texts long enough not to be found in others by chance; no part of a page in English. */
const chinese = ['server/web', ...readdirSync(join(projectFolder, 'plugins')).map((name) => `plugins/${name}`)]
  .flatMap((folder) => textsOf(JSON.parse(readFileSync(join(projectFolder, folder, 'locales/zh-CN.json'), 'utf8'))))
  .filter((text) => text.length >= 5 && !text.includes('{{'));
/** Text that no reader should see: values of programs, keys of texts, ids. */
const raw =
  /\b(undefined|NaN|null)\b|\[object \w+\]|\{\{\w+\}\}|Invalid Date|\b[a-z-]+:(?:[a-z][\w-]*\.)+[a-z][\w-]*|\b[0-9a-f]{24}\b/;

type Grants = (site: TestPlatform) => Grant[];
/** Who works with people, so that there is something to see once these study. */
const staff: Record<string, Grants> = {
  'a provider manager': (site) => [{ role: 'provider-manager', scope: `organisation:${site.organisations.provider}` }],
  'a school administrator': (site) => [
    { role: 'school-administrator', scope: `organisation:${site.organisations.school}` },
  ],
  'a county bureau': () => [{ role: 'county-bureau', scope: 'region:410204' }],
  'a city bureau': () => [{ role: 'city-bureau', scope: 'region:410200' }],
  'a province': () => [{ role: 'province', scope: 'region:410000' }],
  'an operator': () => [{ role: 'operator', scope: 'platform' }],
};
const others: Record<string, Grants> = {
  'a course author': (site) => [{ role: 'course-author', scope: `programme:${site.programme}` }],
  'an expert': (site) => [{ role: 'expert', scope: `programme:${site.programme}` }],
  'somebody without a role': () => [],
};

/**
 * Every page that each role reaches by links is read in both languages; of those made of the same kinds of elements, one
 * is shown on a desk and a phone and checked for accessibility.
 */
describe('every page', function () {
  this.timeout(240_000);
  let browser: Browser;
  const looks = new Looks();
  /** Kinds of addresses that were read in English, of each platform. */
  const inEnglish = new Map<TestPlatform, Set<string>>();
  let shown = 0;

  before(async function () {
    browser = await launchBrowser(this);
  });
  after(() => browser?.close());

  describe('while there is nothing yet', () => {
    let site: TestPlatform;
    before(async () => {
      site = await startTestPlatform();
    });
    after(() => site?.stop());

    it('is sound for a learner', async () => crawl(site, (await site.learner()).login));
    for (const [role, grants] of Object.entries({ ...staff, ...others })) {
      it(`is sound for ${role}`, async () => crawl(site, (await site.person({ grants: grants(site) })).login));
    }
  });

  describe('with people at work', () => {
    let site: TestPlatform;
    let path: Path;
    before(async () => {
      site = await startTestPlatform();
      path = await layPath(site.platform, site);
      const learner = await site.signIn(path.learner.login);
      const videos = site.platform.rooms.services.get('video-courses') as Services['video-courses'];
      await videos.importHistory([
        { enrolment: path.learner.enrolment._id, lesson: path.lesson, seconds: 11, at: new Date() },
      ]);
      await post(learner, path);
      await handIn(learner, path);
    });
    after(() => site?.stop());

    it('is sound for a moderator with work to grade', () => crawl(site, path.moderator.login));
    it('is sound for a learner who has studied and qualified', async () => {
      await gradeWork(await site.signIn(path.moderator.login), path);
      await crawl(site, path.learner.login);
    });
    for (const [role, grants] of Object.entries(staff)) {
      it(`is sound for ${role}`, async () => {
        const { login } = await site.person({ grants: grants(site) });
        await crawl(site, login, path.programme);
      });
    }
  });

  /**
   * Follows links to the third depth in Chinese, one address of each kind: those that differ in ids and values only show
   * nothing new. Staff begin in the programme named. Then reads in English what nobody before has read in it while there was as much to see.
   */
  async function crawl(site: TestPlatform, login: string, programme?: string): Promise<void> {
    const { page, context, open } = await visit(browser, site.url, login);
    const problems: string[] = [];
    const unseen: string[] = [];
    const note = (one: ReadPage, language: 'zh-CN' | 'en') =>
      problems.push(...problemsOf(one, language).map((problem) => `${language} ${one.address}: ${problem}`));
    try {
      await open('/language?to=zh-CN&back=/');
      if (programme) await open(`/programme?to=${programme}`);
      const reached = new Map<string, string>();
      let next = [new URL(page.url()).pathname];
      for (let depth = 0; depth < 4 && next.length > 0; depth += 1) {
        const fresh = next.filter((address) => !reached.has(kindOf(address)) && reached.set(kindOf(address), address));
        const read = await readPages(page, fresh);
        for (const one of read) {
          note(one, 'zh-CN');
          if (one.status === 200 && looks.isNew(one)) unseen.push(one.address);
        }
        next = [...new Set(read.flatMap(({ links }) => links))];
      }
      expect(reached.size, 'pages reached').to.be.within(3, mostPages);
      const known = inEnglish.get(site) ?? new Set();
      inEnglish.set(site, known);
      await open('/language?to=en&back=/');
      const unread = [...reached].filter(([kind]) => !known.has(kind) && known.add(kind));
      for (const one of await readPages(
        page,
        unread.map(([, address]) => address),
      ))
        note(one, 'en');
      // English needs more room; what a page is made of is the same in both languages.
      for (const address of unseen) {
        await open(address);
        shown += 1;
        const width = shown % 2 === 0 ? 'desk' : 'phone';
        for (const problem of await problemsOfLook(page, width)) problems.push(`${address}: ${problem}`);
      }
    } finally {
      await context.close();
    }
    expect(problems.join('\n')).to.equal('');
  }
});

function problemsOf(page: ReadPage, language: 'zh-CN' | 'en'): string[] {
  if (page.status !== 200) return [`answers ${page.status}`];
  const { text, title, headings } = page;
  const problems: string[] = [];
  if (title.trim() === '') problems.push('no title');
  if (headings !== 1) problems.push(`${headings} h1`);
  const found = raw.exec(text);
  if (found)
    problems.push(`shows “${text.slice(Math.max(0, found.index - 30), found.index + 50).replace(/\s+/g, ' ')}”`);
  if (language === 'en') return [...problems, ...chinese.filter((one) => text.includes(one))];
  const onOperators = /^\/(operator|accounts)\b/.test(page.address);
  const words = new Set((text.match(/[A-Za-z]{4,}/g) ?? []).filter((word) => !allowed.test(word)));
  const foreign = [...words].filter((word) => !(onOperators && technical.has(word)));
  if (foreign.length > 0) problems.push(`English words ${foreign.join(' ')}`);
  return problems;
}

function textsOf(texts: object): string[] {
  return Object.values(texts).flatMap((value) => (typeof value === 'string' ? [value] : textsOf(value)));
}
