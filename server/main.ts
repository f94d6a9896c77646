import cluster from 'node:cluster';
import { parseArgs } from 'node:util';
import type { Logger } from 'pino';
import { type Config, describeConfig, readConfig } from './config.ts';
import { createLog } from './log.ts';
import { startPlatform } from './platform.ts';
import { startWorkers } from './workers/primary.ts';
import { type Seat, takeSeat } from './workers/seat.ts';

const { values } = parseArgs({
  options: { help: { type: 'boolean', short: 'h' }, workers: { type: 'string' } },
});

if (values.help) {
  const lines = describeConfig().map(({ key, meaning, fallback }) => `${key.padEnd(16)} ${meaning} [${fallback}]`);
  process.stdout.write(`${lines.join('\n')}\n`);
} else {
  await run();
}

interface Running {
  url: string;
  stop(): Promise<void>;
}

/** Runs the platform until it is told to stop, by a signal or by the end of the process that started it. */
async function run(): Promise<void> {
  const config = readConfig({ ...process.env, ...(values.workers !== undefined && { WORKERS: values.workers }) });
  const seat = takeSeat();
  const log = seat ? createLog(config.logLevel).child({ worker: seat.number }) : createLog(config.logLevel);
  const leads = cluster.isPrimary && config.workers > 1;
  const running = leads ? await lead(config, log) : await serve(config, log, seat);
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    const late = setTimeout(() => process.exit(1), leads ? 20_000 : 10_000);
    await running.stop();
    clearTimeout(late);
    process.exit(0);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('disconnect', () => stop('parent gone'));
  // Only now: whoever waits for it may send a signal at once.
  if (seat) log.debug('listening');
  else log.info({ url: running.url, ...(leads && { workers: config.workers }) }, 'listening');
  process.send?.({ ready: running.url });
}

function serve(config: Config, log: Logger, seat: Seat | undefined): Promise<Running> {
  const stage = (name: string) => {
    if (!seat) log.info({ stage: name }, 'starting');
    process.send?.({ stage: name });
  };
  return startPlatform({ config, log, stage, seat });
}

/** Leads the workers. Where none can be started any more this process ends as well, so that whoever watches it sees it. */
async function lead(config: Config, log: Logger): Promise<Running> {
  const crew = await startWorkers({
    config,
    log,
    stage(name) {
      log.info({ stage: name }, 'starting');
      process.send?.({ stage: name });
    },
    changed: (pids) => process.send?.({ workers: pids }),
    failed: () => void crew.stop().finally(() => process.exit(1)),
  });
  return crew;
}
