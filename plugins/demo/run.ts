/** `npm run demo`: the platform with the demonstration's data, a registry beside it, and learners who study live. */
import { parseArgs } from 'node:util';
import { runDemo } from './run/demo.ts';
import { FolderRefused } from './run/folder.ts';
import { PortTaken } from './run/ports.ts';

const usage = `npm run demo -- [options]
  --port N          port of the platform (3000)
  --data DIR        data folder (data/demo)
  --no-simulation   nobody studies live
  --reset           delete the demonstration's data folder first
`;

try {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '3000' },
      data: { type: 'string', default: 'data/demo' },
      simulation: { type: 'boolean', default: true },
      reset: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
    allowNegative: true,
  });
  const port = Number(values.port);
  if (values.help) process.stdout.write(usage);
  else if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new TypeError(`not a port: ${values.port}`);
  else await runDemo({ port, data: values.data, simulation: values.simulation, reset: values.reset });
} catch (error) {
  const expected = error instanceof FolderRefused || error instanceof PortTaken || error instanceof TypeError;
  process.stderr.write(expected ? `${(error as Error).message}\n` : `${(error as Error).stack}\n`);
  process.exitCode = 1;
}
