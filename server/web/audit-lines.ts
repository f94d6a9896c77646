import type { Accounts } from '../accounts/accounts.service.ts';
import type { AuditEntry } from '../accounts/audit.ts';
import type { Places } from '../accounts/places.ts';
import type { Scope } from '../accounts/scope.ts';
import { type Language, type LocalText, localText } from '../languages.ts';
import type { Translate } from './request.ts';

interface Deps {
  accounts: Accounts;
  places: Places;
}

interface Reader {
  t: Translate;
  language: Language;
  /** Action → what it is called. */
  actions: ReadonlyMap<string, string>;
}

type Entry = Pick<AuditEntry, 'at' | 'actor' | 'action' | 'subject' | 'details'>;

/** Entries of the audit log in words: people and places by name, actions as people call them. */
export async function auditLines(
  entries: readonly Entry[],
  { t, language, actions }: Reader,
  { accounts, places }: Deps,
) {
  const values = entries.flatMap(({ details }) => Object.values(details ?? {}).map(String));
  const subjects = entries.flatMap(({ subject }) => (subject ? [subject, learnerOf(subject)] : []));
  const people = [...entries.map(({ actor }) => actor), ...subjects, ...values].filter(isId);
  const scopes = entries
    .flatMap((entry) => [subjectScope(entry), ...detailScopes(entry)])
    .filter((one) => one !== undefined);
  const names = new Map<string, string>(
    (await accounts.byIds([...new Set(people)], ['name'])).map(({ _id, name }) => [_id, name]),
  );
  const placed = await places.names([...new Set(scopes)], language, t('people.scope-platform'));

  const detail = (key: string, value: unknown): string => {
    const text = value instanceof Object ? localText(value as LocalText, language) : String(value);
    const scope = scopeOf(key, text);
    const word = (scope && placed.get(scope)) ?? names.get(text) ?? t(`role.${text}`, { defaultValue: '' });
    return t('operator.audit-detail-of', {
      what: t(`audit-detail.${key}`, { defaultValue: key }),
      value: word || wordOf(text, t),
    });
  };
  return entries.map((entry) => {
    const { at, actor, action, subject, details } = entry;
    const scope = subjectScope(entry);
    return {
      at,
      actor: actor ? (names.get(actor) ?? actor) : t('operator.platform'),
      action: actions.get(action) ?? action,
      // What has no name, such as a post, goes by an id that can be quoted.
      subject: subject
        ? (names.get(subject) ?? names.get(learnerOf(subject)) ?? (scope && placed.get(scope)))
        : undefined,
      reference: subject ?? undefined,
      details: Object.entries(details ?? {})
        .filter(([key, value]) => !isOpaque(value) || names.has(String(value)) || scopeOf(key, String(value)))
        .map(([key, value]) => detail(key, value))
        .join(' · '),
    };
  });
}

const isId = (value: unknown): value is string => typeof value === 'string' && /^[\w-]{1,80}$/.test(value);

/** An enrolment's id begins with its learner's. */
const learnerOf = (subject: string): string => subject.slice(0, subject.indexOf('-') + 1).slice(0, -1);
/** An id that tells a reader nothing. */
const isOpaque = (value: unknown): boolean => /^[0-9a-f]{24}/.test(String(value));

const scopedNouns = ['region', 'organisation', 'programme', 'workshop'] as const;

/** What an action such as `workshop.change` was done to, as a scope. */
function subjectScope({ action, subject }: Entry): Scope | undefined {
  const noun = action.startsWith('roster.') ? 'programme' : action.slice(0, action.indexOf('.'));
  return subject ? scopeOf(noun, subject) : undefined;
}

const detailScopes = ({ details }: Entry) =>
  Object.entries(details ?? {}).map(([key, value]) => scopeOf(key, String(value)));

function scopeOf(key: string, value: string): Scope | undefined {
  if (key === 'scope') return value as Scope;
  const noun = scopedNouns.find((one) => one === key);
  return noun && isId(value) ? `${noun}:${value}` : undefined;
}

const wordOf = (text: string, t: Translate): string =>
  [`audit-detail.${text}`, `stage.${text}`, `subject.${text}`].reduceRight(
    (word, key) => t(key, { defaultValue: word }),
    text,
  );
