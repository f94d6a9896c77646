import type { Page } from 'playwright-core';

/** What the server sent for an address, read without showing it. */
export interface ReadPage {
  address: string;
  status: number;
  title: string;
  headings: number;
  /** Its text in the language of the page; parts marked as another language and code are left out. */
  text: string;
  /** Addresses of this site that it links to, files to download left out. */
  links: string[];
  /** The kinds of elements that its content is made of, and those of the frame around it, which all pages share. */
  kinds: string[];
  frame: string[];
}

/** An address without the ids and values in it. */
export const kindOf = (address: string): string => address.replace(/=[^&]*/g, '=').replace(/[\w-]{12,}/g, 'ID');

/**
 * Fetches addresses as the person who is signed in at the page, a few at a time, and reads those that are pages;
 * addresses of other content are left out, unless they fail.
 */
export async function readPages(page: Page, addresses: string[]): Promise<ReadPage[]> {
  return (await page.evaluate(`(async () => {
    const read = async (address) => {
      const answer = await fetch(address);
      if (!answer.headers.get('content-type')?.includes('text/html')) {
        return answer.ok ? [] : [{ address, status: answer.status, title: '', headings: 0, text: '', links: [], kinds: [], frame: [] }];
      }
      const shown = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const kindsOf = (elements) => [...new Set(elements.map((e) => e.tagName + '.' + (e.getAttribute('class') ?? '')))];
      const all = [...shown.body.querySelectorAll('*')];
      const [kinds, frame] = [kindsOf(all.filter((e) => e.closest('main'))), kindsOf(all.filter((e) => !e.closest('main')))];
      const links = [...shown.querySelectorAll('a[href]')].map((a) => new URL(a.getAttribute('href'), new URL(address, location.href)))
        .filter((to) => to.origin === location.origin).map((to) => to.pathname + to.search)
        .filter((to) => !/^\\/(language|programme\\?|sign-out)|\\.(csv|xlsx|pdf)|\\/pdf$/.test(to));
      for (const element of shown.querySelectorAll('script, style, template, code, [lang]')) {
        if (element !== shown.documentElement) element.remove();
      }
      return [{
        address: new URL(answer.url).pathname + new URL(answer.url).search, status: answer.status, title: shown.title, headings: shown.querySelectorAll('h1').length,
        text: shown.title + ' ' + shown.body.textContent, links: [...new Set(links)], kinds, frame,
      }];
    };
    const found = [];
    const waiting = ${JSON.stringify(addresses)};
    while (waiting.length > 0) found.push(...(await Promise.all(waiting.splice(0, 4).map(read))).flat());
    return found;
  })()`)) as ReadPage[];
}

/** The kinds of elements seen on each page's template: a page that adds none looks like one that was seen. */
export class Looks {
  readonly #seen = new Map<string, Set<string>>();

  /** Whether the page has a kind of element that its template, or the frame of any page, did not have yet. */
  isNew({ address, kinds, frame }: ReadPage): boolean {
    const added = [this.#add(kindOf(address).replace(/\?.*/, ''), kinds), this.#add('frame', frame)];
    return added.includes(true);
  }

  #add(part: string, kinds: readonly string[]): boolean {
    const seen = this.#seen.get(part) ?? new Set();
    this.#seen.set(part, seen);
    const before = seen.size;
    for (const kind of kinds) seen.add(kind);
    return seen.size > before;
  }
}
