import { type Refusal, refusals } from '../limits/limits.ts';
import type { Metrics } from './metrics.ts';

/** What the core's rooms tell of themselves. */
interface Sources {
  socketsOpen(): number;
  /** Requests, messages and connections turned away. */
  turnedAway: ReadonlyMap<Refusal, number>;
  /** Durable facts that no handler has finished yet, on all server processes. */
  outboxWaiting(): Promise<number>;
  /** Runs that failed, by job. */
  jobsFailed: ReadonlyMap<string, number>;
  jobs: readonly string[];
}

export function addCoreFigures(
  metrics: Metrics,
  { socketsOpen, turnedAway, outboxWaiting, jobsFailed, jobs }: Sources,
): void {
  metrics.add({ name: 'sockets_open', help: 'Socket connections', kind: 'gauge', read: socketsOpen });
  metrics.add({
    name: 'turned_away_total',
    help: 'Requests above the limit, messages, connections',
    kind: 'counter',
    label: { name: 'what', values: refusals },
    read: () => turnedAway,
  });
  metrics.add({
    name: 'outbox_waiting',
    help: 'Durable facts not handed over yet',
    kind: 'gauge',
    read: outboxWaiting,
  });
  metrics.add({
    name: 'jobs_failed_total',
    help: 'Failed runs of background jobs',
    kind: 'counter',
    label: { name: 'job', values: jobs },
    read: () => jobsFailed,
  });
}

/** Watches group commits: how many enrolments in one, how long it takes, how many had to be tried again in parts. */
export function watchCommits(metrics: Metrics): (commit: { enrolments: number; ms: number; ok: boolean }) => void {
  const size = metrics.distribution({
    name: 'commit_enrolments',
    help: 'Enrolments written in one group commit',
    buckets: [1, 3, 10, 30, 100, 300, 1000],
  });
  const duration = metrics.distribution({
    name: 'commit_duration_seconds',
    help: 'How long a group commit takes',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  });
  const failed = metrics.counter('commits_failed_total', 'Group commits that were undone and tried in parts', []);
  return ({ enrolments, ms, ok }) => {
    if (!ok) return failed.inc();
    size.observe(enrolments);
    duration.observe(ms / 1000);
  };
}
