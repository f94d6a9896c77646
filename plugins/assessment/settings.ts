import type { Host } from '#platform';

/** Assessment keeps nothing of its own: results are the core's, schemes the programmes'. */
export type AssessmentHost = Host;
