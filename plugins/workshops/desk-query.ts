import { z } from 'zod';
import { type MemberQuery, memberFilters } from './desk-figures.ts';

const query = z.object({
  show: z.enum(memberFilters).optional().catch(undefined),
  text: z.string().max(60).optional().catch(undefined),
  sort: z
    .string()
    .regex(/^(need|name|total|lastAt|component:[\w-]{1,40})$/)
    .catch('need'),
  direction: z.enum(['asc', 'desc']).catch('asc'),
});

/** Which members a desk shows, in which order; what makes no sense is the default. */
export function memberQuery(given: unknown): MemberQuery {
  const { show, text, sort, direction } = query.parse(given ?? {});
  return { show, text, sort, descending: direction === 'desc' };
}
