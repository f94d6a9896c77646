import { parseArgs } from 'node:util';
import { describeConfig, readConfig } from './config.ts';
import { createLog } from './log.ts';
import { startPlatform } from './platform.ts';

const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });

if (values.help) {
  const lines = describeConfig().map(({ key, meaning, fallback }) => `${key.padEnd(16)} ${meaning} [${fallback}]`);
  process.stdout.write(`${lines.join('\n')}\n`);
} else {
  await run();
}

/** Runs the platform until it is told to stop, by a signal or by the end of the process that started it. */
async function run(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  const platform = await startPlatform({
    config,
    log,
    stage: (stage) => {
      log.info({ stage }, 'starting');
      process.send?.({ stage });
    },
  });
  log.info({ url: platform.url }, 'listening');
  process.send?.({ ready: platform.url });

  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    const late = setTimeout(() => process.exit(1), 10_000);
    await platform.stop();
    clearTimeout(late);
    process.exit(0);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('disconnect', () => stop('parent gone'));
}
