import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

/** Delays are given over this window, so that a bad minute is neither missed nor remembered for ever; milliseconds. */
const windowMs = 10_000;
const resolutionMs = 10;
const quantiles = { '0.5': 50, '0.99': 99, '1': 100 } as const;

/** What the process costs and how late its event loop runs. @returns what stops the watching */
export function addProcessFigures(metrics: Metrics): () => void {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  const read = () =>
    Object.fromEntries(
      Object.entries(quantiles).map(([name, percent]) => [
        name,
        delay.count === 0 ? 0 : Math.max(0, delay.percentile(percent) / 1e9 - resolutionMs / 1000),
      ]),
    );
  let latest = {};
  delay.enable();
  const timer = setInterval(() => {
    latest = read();
    delay.reset();
  }, windowMs).unref();

  metrics.add({
    name: 'event_loop_delay_seconds',
    help: `How late the event loop ran in the last full ${windowMs / 1000} seconds`,
    kind: 'gauge',
    label: { name: 'quantile', values: Object.keys(quantiles) },
    read: () => (Object.keys(latest).length > 0 ? latest : read()),
  });
  metrics.add({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of this process',
    kind: 'counter',
    label: { name: 'mode', values: ['user', 'system'] },
    read: () => {
      const { user, system } = process.cpuUsage();
      return { user: user / 1e6, system: system / 1e6 };
    },
  });
  metrics.add({
    name: 'process_memory_bytes',
    help: 'Memory of this process: resident, and the part of it that JavaScript uses',
    kind: 'gauge',
    label: { name: 'kind', values: ['resident', 'heap', 'external'] },
    read: () => {
      const { rss, heapUsed, external } = process.memoryUsage();
      return { resident: rss, heap: heapUsed, external };
    },
  });
  metrics.add({
    name: 'process_start_time_seconds',
    help: 'When this process started, in seconds since 1970',
    kind: 'gauge',
    read: () => Math.round(Date.now() / 1000 - process.uptime()),
  });
  return () => {
    clearInterval(timer);
    delay.disable();
  };
}
