import { z } from 'zod';
import { sorts } from './reading.service.ts';

/** Longest post, in characters. */
const longestPost = 20_000;

/** Documents' ids in addresses and forms. */
export const id = z.string().min(1).max(80);
const optionalId = z.preprocess((value) => (value === '' ? undefined : value), id.optional());

const postText = z.string().trim().min(1).max(longestPost);

export const newPost = z.object({ text: postText, parent: optionalId });

export const newTopic = z.object({
  programme: id,
  workshop: optionalId,
  lesson: optionalId,
  title: z.string().trim().min(2).max(120),
  text: postText,
});

export const hideReason = z.object({ reason: z.string().trim().min(2).max(200) });

/** A switch in a form or in JSON. */
export const switched = z.object({
  on: z.union([z.boolean(), z.enum(['0', '1']).transform((value) => value === '1')]),
});

export const sort = z.enum(sorts).catch('oldest');
