import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { createDurably, makeFolderDurably } from './durable-files.ts';
import type { SessionLife, SessionLives } from './web/session-ends.ts';

/** Characters of a secret at least, whether it is given or stands in a file of the data folder. */
const shortest = { secret: 32, 'metrics-token': 16 };

const sessionHours = (fallback: string) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?\/\d+(\.\d+)?$/, 'two numbers, such as 12/336')
    .default(fallback);

/** Every key that the core reads from the environment; plugins' keys are `<PLUGIN>_<KEY>` and stand in their READMEs. */
const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(3000).describe('Port to listen on; 0 takes a free one.'),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
  PUBLIC_URL: z.url().optional().describe('Address at which people reach the platform; https makes cookies secure.'),
  TRUSTED_PROXY_HOPS: z.coerce
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe('Reverse proxies in front; only their part of X-Forwarded-For is believed. 0: nobody’s.'),
  SESSION_HOURS_LEARNER: sessionHours('12/336').describe(
    'Hours without use / hours in all after which a learner is signed out.',
  ),
  SESSION_HOURS_STAFF: sessionHours('2/12').describe('The same for people who see others: every role but learners.'),
  SESSION_HOURS_OPERATOR: sessionHours('1/12').describe('The same for operators.'),
  DATA_DIR: z
    .string()
    .default('data')
    .describe('Folder for the embedded database, uploaded files and generated secrets.'),
  WORKERS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Server processes that share the port and the database; `--workers N` says the same.'),
  MONGODB_URI: z.string().optional().describe('Replica set or sharded cluster to use; without it the embedded server.'),
  MONGOD_BINARY: z
    .string()
    .optional()
    .describe('A mongod for the embedded server; without it PATH, else the built-in engine.'),
  REDIS_URL: z
    .string()
    .optional()
    .describe('Redis that joins several platforms into one (socket.io Redis Streams adapter).'),
  SECRET: z
    .string()
    .min(shortest.secret)
    .optional()
    .describe('Key material for sessions and ID numbers; generated into DATA_DIR if absent.'),
  METRICS_TOKEN: z
    .string()
    .min(shortest['metrics-token'])
    .optional()
    .describe('Bearer token that /metrics asks for; generated into DATA_DIR/metrics-token if absent.'),
  REQUESTS_PER_SECOND: z.coerce
    .number()
    .min(0)
    .default(20)
    .describe('Requests and socket messages a second that one account may send, ten seconds of them at once; 0: any.'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severe log line.'),
  PLUGINS: z
    .string()
    .optional()
    .describe(
      'Comma-separated plugins to load; without it every folder in plugins/, the demonstration only with DEMO_SEED.',
    ),
});

export interface Config {
  port: number;
  host: string;
  publicUrl: string | undefined;
  /** Whether the public address is https; a reverse proxy ends it. */
  isHttps: boolean;
  /** Reverse proxies in front whose part of `X-Forwarded-For` is believed. */
  proxyHops: number;
  sessionLives: SessionLives;
  dataDir: string;
  workers: number;
  mongodbUri: string | undefined;
  mongodBinary: string | undefined;
  redisUrl: string | undefined;
  secret: Buffer;
  /** Where the secret comes from: `SECRET`, or the path of its file. */
  secretFrom: string;
  metricsToken: string;
  requestsPerSecond: number;
  logLevel: z.output<typeof environment>['LOG_LEVEL'];
  plugins: string[] | undefined;
  /** The whole environment, from which plugins take their own keys. */
  env: Record<string, string | undefined>;
}

/** Folder in which the sources lie. */
export const projectFolder = fileURLToPath(new URL('..', import.meta.url));

/** @throws Error naming each key that is wrong */
export function readConfig(env: Record<string, string | undefined>): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = environment.safeParse(present);
  if (!result.success) throw new Error(`configuration: ${z.prettifyError(result.error)}`);
  const keys = result.data;
  const dataDir = resolve(keys.DATA_DIR);
  return {
    port: keys.PORT,
    host: keys.HOST,
    publicUrl: keys.PUBLIC_URL?.replace(/\/$/, ''),
    isHttps: keys.PUBLIC_URL?.startsWith('https:') ?? false,
    proxyHops: keys.TRUSTED_PROXY_HOPS,
    sessionLives: {
      learner: lifeFrom(keys.SESSION_HOURS_LEARNER),
      staff: lifeFrom(keys.SESSION_HOURS_STAFF),
      operator: lifeFrom(keys.SESSION_HOURS_OPERATOR),
    },
    dataDir,
    workers: keys.WORKERS,
    mongodbUri: keys.MONGODB_URI,
    mongodBinary: keys.MONGOD_BINARY,
    redisUrl: keys.REDIS_URL,
    secret: Buffer.from(keys.SECRET ?? storedSecret(dataDir, 'secret')),
    secretFrom: keys.SECRET === undefined ? join(dataDir, 'secret') : 'SECRET',
    metricsToken: keys.METRICS_TOKEN ?? storedSecret(dataDir, 'metrics-token'),
    requestsPerSecond: keys.REQUESTS_PER_SECOND,
    logLevel: keys.LOG_LEVEL,
    plugins: keys.PLUGINS?.split(',').map((name) => name.trim()),
    env: present,
  };
}

function lifeFrom(hours: string): SessionLife {
  const [idleMs = 0, wholeMs = 0] = hours.split('/').map((number) => Number(number) * 3_600_000);
  return { idleMs, wholeMs };
}

/**
 * A secret of the data folder's own, made on first use and readable by its owner only.
 * @throws Error when the file holds fewer characters than such a secret has: it was cut off, and what was sealed with the
 * whole one could not be read with the rest
 */
function storedSecret(dataDir: string, name: keyof typeof shortest): string {
  const file = join(dataDir, name);
  if (!existsSync(file)) {
    makeFolderDurably(dataDir, 0o700);
    createDurably(file, randomBytes(48).toString('base64url'));
  }
  const secret = readFileSync(file, 'utf8').trim();
  if (secret.length < shortest[name]) throw new Error(cutOff(file, secret.length, shortest[name]));
  return secret;
}

const cutOff = (file: string, length: number, least: number): string =>
  [
    `${file} holds ${length} characters, and such a file has at least ${least}: it is not whole, and is not used.`,
    'Put it back from a backup. Only if this data folder has never held anything, delete the file: the next start makes a new one.',
  ].join('\n');

/** The core's keys with their meaning and default, for the README and `npm start -- --help`. */
export function describeConfig(): { key: string; meaning: string; fallback: string }[] {
  return Object.entries(environment.shape).map(([key, schema]) => ({
    key,
    meaning: schema.description ?? '',
    fallback: String(schema.safeParse(undefined).data ?? ''),
  }));
}
