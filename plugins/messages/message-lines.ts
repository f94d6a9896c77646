import { type Host, type Language, localText } from '#platform';
import type { Message } from './inbox.service.ts';

/** A message in the reader's language. */
interface MessageLine {
  id: string;
  kind: string;
  title: string;
  text: string;
  /** Name of the writer; nothing for the platform itself. */
  from: string | undefined;
  href: string | undefined;
  unread: boolean;
  at: Date;
}

export type Lines = (messages: Message[], language: Language) => Promise<MessageLine[]>;

/** Puts messages into the reader's language, with the names of their writers. */
export function messageLines(host: Pick<Host, 'accounts' | 'translate'>): Lines {
  return async (messages, language) => {
    const t = host.translate(language);
    const writers = [...new Set(messages.flatMap(({ from }) => from ?? []))];
    const people = writers.length ? await host.accounts.byIds(writers, ['name']) : [];
    const names = new Map(people.map(({ _id, name }) => [_id, name]));
    return messages.map(({ _id, kind, title, text, from, href, unread, at }) => {
      const known = t(`kind.${kind}`);
      return {
        id: _id,
        kind: known === `kind.${kind}` ? t('kind.notice') : known,
        title: localText(title, language),
        text: localText(text, language),
        from: from && names.get(from),
        href,
        unread,
        at,
      };
    });
  };
}
