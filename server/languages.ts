/** Chinese is complete first; English follows it key by key. */
export const languages = ['zh-CN', 'en'] as const;
export type Language = (typeof languages)[number];

/** A text that authors give in Chinese and, where they have it, in English. */
export interface LocalText {
  zh: string;
  en?: string | undefined;
}

/** The text in the reader's language, Chinese where there is no other. */
export function localText(text: LocalText | string | undefined, language: Language): string {
  if (text === undefined) return '';
  if (typeof text === 'string') return text;
  return (language === 'en' && text.en) || text.zh;
}
