import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInstance, type i18n } from 'i18next';
import { type Language, languages } from '../languages.ts';
import { inNumber } from './plural.ts';
import type { Translate } from './request.ts';

/** All texts of the platform: one namespace per plugin, and `core`. */
export class Locales {
  readonly #i18n: i18n;
  readonly #translators = new Map<string, Translate>();

  /** @param folders namespace → folder with one `<language>.json` each */
  constructor(folders: Map<string, string>) {
    const resources: Record<string, Record<string, object>> = {};
    for (const language of languages) resources[language] = {};
    for (const [namespace, folder] of folders) {
      for (const file of localeFiles(folder)) {
        const language = file.replace(/\.json$/, '');
        if (resources[language]) resources[language][namespace] = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      }
    }
    this.#i18n = createInstance({
      resources,
      fallbackLng: 'zh-CN',
      supportedLngs: [...languages],
      ns: [...folders.keys()],
      defaultNS: 'core',
      initAsync: false,
      interpolation: { escapeValue: false },
    });
    void this.#i18n.init();
  }

  /** Every text below a key, of all namespaces, by what follows the key: `submission.regrade` below `audited`. */
  textsUnder(language: Language, key: string): Map<string, string> {
    const namespaces = this.#i18n.options.ns as string[];
    return new Map(namespaces.flatMap((space) => leaves(this.#i18n.getResource(language, space, key))));
  }

  /** Texts of a namespace in a language; `ns:key` names another namespace. */
  translator(language: Language, namespace = 'core'): Translate {
    const name = `${language} ${namespace}`;
    let translate = this.#translators.get(name);
    if (!translate) {
      translate = remembering(this.#i18n.getFixedT(language, namespace));
      this.#translators.set(name, translate);
    }
    return translate;
  }
}

function leaves(texts: unknown, prefix = ''): [string, string][] {
  if (typeof texts === 'string') return [[prefix, texts]];
  const below = Object.entries((texts ?? {}) as object);
  return below.flatMap(([name, value]) => leaves(value, prefix ? `${prefix}.${name}` : name));
}

/** Texts are looked up once and filled in here: a page asks for a hundred of them. */
function remembering(t: (key: string, params: Record<string, unknown>) => string): Translate {
  const known = new Map<string, string>();
  return (key, params) => {
    if (params && ('count' in params || 'defaultValue' in params)) return inNumber(t(key, params));
    const text = known.get(key) ?? t(key, { skipInterpolation: true });
    known.set(key, text);
    return params ? inNumber(text.replace(/{{(\w+)}}/g, (_, name) => String(params[name] ?? ''))) : text;
  };
}

function localeFiles(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

/** The reader's language: what they chose, what their account says, what their browser asks for, else Chinese. */
export function chooseLanguage(
  chosen: string | undefined,
  account: string | undefined,
  accepted: string | undefined,
): Language {
  for (const wanted of [chosen, account]) {
    const known = languages.find((language) => language === wanted);
    if (known) return known;
  }
  return /^\s*en\b/i.test(accepted ?? '') ? 'en' : 'zh-CN';
}
