import { z } from 'zod';
import type { Host } from '#platform';
import type { certificateSchema, counterSchema } from './certificate.model.ts';

export const settings = z.object({
  /** What a certificate waits for: the registry's number, or qualifying alone. */
  issue: z.enum(['accepted', 'qualified']).default('accepted'),
  /** First letters of every number. */
  prefix: z
    .string()
    .regex(/^[A-Z]{1,4}$/)
    .default('KF'),
});

export type CertificatesHost = Host<
  typeof settings,
  { certificates: typeof certificateSchema; counters: typeof counterSchema }
>;
