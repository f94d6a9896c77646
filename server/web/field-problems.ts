import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { type Language, languages } from '../languages.ts';
import { inNumber } from './plural.ts';

type Texts = Record<string, string>;

const texts = Object.fromEntries(
  languages.map((language) => {
    const file = new URL(`locales/${language}.json`, import.meta.url);
    return [language, (JSON.parse(readFileSync(file, 'utf8')) as { 'field-problem': Texts })['field-problem']];
  }),
) as Record<Language, Texts>;

/**
 * What is wrong with one value, for whoever filled it in: zod's own texts name types of programs.
 * A refinement says which text fits by `params: { problem, n? }`.
 */
export function fieldProblem(issue: z.core.$ZodRawIssue, language: Language): string {
  const { key, n } = kindOf(issue);
  return inNumber((texts[language][key] as string).replace('{{n}}', n));
}

function kindOf(issue: z.core.$ZodRawIssue): { key: string; n: string } {
  const { code, input, origin = '' } = issue as { code: string; input?: unknown; origin?: string };
  if (input === undefined || input === null || input === '') return { key: 'missing', n: '' };
  const { params } = issue as { params?: { problem?: string; n?: number } };
  if (params?.problem) return { key: params.problem, n: String(params.n ?? '') };
  if (code === 'unrecognized_keys') return { key: 'unknown', n: (issue as { keys: string[] }).keys.join(', ') };
  if (code === 'too_small') return { key: sized('least', origin), n: String((issue as { minimum: unknown }).minimum) };
  if (code === 'too_big') return { key: sized('most', origin), n: String((issue as { maximum: unknown }).maximum) };
  if (code === 'invalid_type') return { key: typed(String((issue as { expected: unknown }).expected)), n: '' };
  return { key: code === 'invalid_value' ? 'choice' : 'form', n: '' };
}

function sized(bound: 'least' | 'most', origin: string): string {
  if (origin === 'string') return `${bound}-characters`;
  return origin === 'array' || origin === 'set' ? `${bound}-chosen` : bound;
}

function typed(expected: string): string {
  if (expected === 'int') return 'whole-number';
  return expected === 'number' ? 'number' : 'form';
}
