import { z } from 'zod';
import { errors, type FieldProblem } from '../errors.ts';
import type { Language } from '../languages.ts';
import { fieldProblem } from './field-problems.ts';

const messages: Record<Language, (issue: z.core.$ZodRawIssue) => string> = {
  'zh-CN': (issue) => fieldProblem(issue, 'zh-CN'),
  en: (issue) => fieldProblem(issue, 'en'),
};

function problems(error: z.ZodError): FieldProblem[] {
  return error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
}

/** The value as the schema has it. @throws core:invalid with one problem per field, in the reader's language */
export function parse<S extends z.ZodType>(schema: S, value: unknown, language: Language): z.output<S> {
  const result = schema.safeParse(value, { error: messages[language] });
  if (!result.success) throw errors.invalid(problems(result.error));
  return result.data;
}

/** A form's value, or its problems by field so that the form can be shown again with what was typed. */
export function readForm<S extends z.ZodType>(
  schema: S,
  body: unknown,
  language: Language,
): { ok: true; value: z.output<S> } | { ok: false; errors: Record<string, string>; values: Record<string, unknown> } {
  const result = schema.safeParse(body, { error: messages[language] });
  if (result.success) return { ok: true, value: result.data };
  // The first of a field says most: what compares it with others comes after what it is.
  const byField: Record<string, string> = {};
  for (const { path, message } of problems(result.error)) byField[path] ??= message;
  return { ok: false, errors: byField, values: (body ?? {}) as Record<string, unknown> };
}

export interface Paging {
  page: number;
  skip: number;
  limit: number;
}

const pageQuery = z.object({
  page: z.coerce.number().int().min(1).max(100_000).catch(1),
  size: z.coerce.number().int().min(5).max(200).optional().catch(undefined),
});

/** Which page of a list is asked for; anything that is no number means the first. */
export function paging(query: unknown, size = 50): Paging {
  const asked = pageQuery.parse(query ?? {});
  const limit = asked.size ?? size;
  return { page: asked.page, skip: (asked.page - 1) * limit, limit };
}

/** What the pager below a table needs. */
export function pagerOf({ page, limit }: Paging, total: number): { page: number; pages: number; total: number } {
  return { page, pages: Math.max(1, Math.ceil(total / limit)), total };
}
