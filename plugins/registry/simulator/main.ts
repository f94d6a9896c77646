import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Ledger } from './ledger.ts';
import { createRegistry } from './server.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    data: { type: 'string', default: 'data/registry-simulator' },
    key: { type: 'string' },
    faults: { type: 'boolean', default: false },
  },
});

if (!values.key) throw new Error('--key is needed: the shared secret of the signatures');
const ledger = new Ledger(join(values.data, 'records.jsonl'));
const server = createRegistry({ ledger, key: values.key, faults: values.faults });
server.listen(Number(values.port), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listening ${port}\n`);
  process.send?.({ ready: `http://127.0.0.1:${port}` });
});

const stop = () => {
  server.close(() => ledger.close());
  server.closeAllConnections();
  if (process.connected) process.disconnect();
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
// Whoever started it is gone.
process.once('disconnect', stop);
