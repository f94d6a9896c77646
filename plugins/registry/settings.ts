import { z } from 'zod';
import type { Host } from '#platform';
import type { deliverySchema, numberSchema } from './delivery.model.ts';

export const settings = z
  .object({
    /** Address of the registry, below which `records` lies; without it deliveries wait. */
    url: z.url().optional(),
    /** Shared secret of the signatures. */
    key: z.string().min(16).optional(),
    /** Wait before the second attempt; it doubles with each further one. */
    retryMs: z.coerce.number().int().min(10).default(2_000),
    /** Time limit of one request. */
    timeoutMs: z.coerce.number().int().min(50).max(10_000).default(10_000),
  })
  .refine(({ url, key }) => !url || key, { path: ['key'], message: 'is needed together with REGISTRY_URL' });

export type RegistryHost = Host<typeof settings, { deliveries: typeof deliverySchema; numbers: typeof numberSchema }>;
