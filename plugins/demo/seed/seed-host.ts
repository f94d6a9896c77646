import type { Host } from '#platform';

/** What seeding uses of the platform. */
export type SeedHost = Pick<Host, 'accounts' | 'enrolments' | 'programmes' | 'regions' | 'publicUrl' | 'use'>;
