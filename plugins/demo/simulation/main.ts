/** Simulated learners: they sign in, play lessons in real time over sockets, post and hand in tasks, over and over. */
import { setMaxListeners } from 'node:events';
import { parseArgs } from 'node:util';
import { simulatedLogin } from '../accounts.ts';
import { seeded } from '../data/random.ts';
import { HttpFailure } from '../http-client.ts';
import { study } from './learner.ts';
import { pause } from './player.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:3000' },
    /** How many study at the same time. */
    active: { type: 'string', default: '70' },
    /** Time between two sign-ins, each of which costs the platform an argon2 hash. */
    'ramp-ms': { type: 'string', default: '600' },
  },
});

const AFTER_FAILURE_MS = 30_000;
const random = seeded(Date.now());
const stopping = new AbortController();
// Everybody who plays or pauses listens.
setMaxListeners(0, stopping.signal);
const log = (text: string) => process.stdout.write(`${new Date().toISOString()} ${text}\n`);
let nextLogin = 1;
let isEmpty = false;

/** One place: a learner studies to the end of the material, then the next one takes it. */
async function place(): Promise<void> {
  while (!isEmpty) {
    const login = simulatedLogin(nextLogin++);
    while (!isEmpty && !(await attempt(login))) await pause(AFTER_FAILURE_MS, stopping.signal);
  }
}

/** @returns false where it is worth another attempt, for example because the platform is being started again */
async function attempt(login: string): Promise<boolean> {
  try {
    await study({ url: values.url, login, random, signal: stopping.signal, log });
  } catch (error) {
    stopping.signal.throwIfAborted();
    log(`${login}: ${(error as Error).message}`);
    // No such account: everybody has had a turn.
    if (!(error instanceof HttpFailure && error.status === 401)) return false;
    isEmpty = true;
  }
  return true;
}

async function run(): Promise<void> {
  const places: Promise<void>[] = [];
  for (let n = 0; n < Number(values.active) && !isEmpty; n++) {
    places.push(place());
    await pause(Number(values['ramp-ms']), stopping.signal);
  }
  await Promise.all(places);
  log('everybody has finished');
}

for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(event, () => stopping.abort());

try {
  await run();
} catch (error) {
  if (!stopping.signal.aborted) throw error;
}
process.exit(0);
