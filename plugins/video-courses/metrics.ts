import type { BeatCounters } from './beat-counters.ts';
import type { VideoHost } from './plugin.ts';
import { reasons } from './watch-rules.ts';

/** What `/metrics` says of beats: sums by reason, of nobody in particular. */
export function addMetrics(host: VideoHost, counters: BeatCounters): void {
  const label = { name: 'reason', values: reasons };
  host.metric({
    name: 'beats_accepted_total',
    help: 'Beats that were judged, whatever they were worth',
    kind: 'counter',
    read: () => counters.accepted,
  });
  host.metric({
    name: 'beats_refused_total',
    help: 'Beats refused as a whole',
    kind: 'counter',
    label,
    read: () => counters.refused,
  });
  host.metric({
    name: 'seconds_credited_total',
    help: 'Seconds credited, once durable',
    kind: 'counter',
    read: () => counters.credited,
  });
  host.metric({
    name: 'seconds_uncredited_total',
    help: 'Media seconds in accepted beats that earned nothing',
    kind: 'counter',
    label,
    read: () => counters.uncredited,
  });
}
