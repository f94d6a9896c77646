import { z } from 'zod';

/** Longest text of a submission, in characters. */
export const longestText = 50_000;

export const id = z.string().min(1).max(80);
const optionalId = z.preprocess((value) => (value === '' ? undefined : value), id.optional());
const line = z.string().trim();

export const workText = z
  .string()
  .max(longestText)
  .transform((text) => text.replace(/\r\n?/g, '\n').trim());

/** A Beijing day in forms; the whole day still belongs to the time allowed. */
const day = z.iso.date();

export const newTask = z.object({
  programme: id,
  workshop: optionalId,
  title: line.min(2).max(120),
  titleEn: line.max(120).optional(),
  instructions: line.min(2).max(10_000),
  instructionsEn: line.max(10_000).optional(),
  due: day,
});

const comment = line.max(5_000).default('');
const revision = z.coerce.number().int().min(1);

/** Digits in forms, a whole number in JSON: nothing else, for an empty field must not become 0. */
const score = z.union([
  z.int().min(0).max(1_000),
  z
    .string()
    .trim()
    .regex(/^\d{1,4}$/)
    .transform(Number),
]);

export const grade = z.object({
  score,
  comment,
  revision,
});

export const giveBack = z.object({ comment: line.min(2).max(5_000), revision });

/** Which queue the grading page works through; kept in its forms. */
export const queue = z.object({
  task: optionalId,
  workshop: optionalId,
  after: z.preprocess((value) => (value === '' ? undefined : value), z.string().max(200).optional()),
});
