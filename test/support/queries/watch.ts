import mongoose, { type Connection, type mongo } from 'mongoose';
import { shardKeysOf } from '../../../server/database/shard-keys.ts';
import { findsNothing, namedFields, shapeOf } from './filter.ts';
import { type About, brokenRules, fieldsOf } from './rules.ts';

type Plain = Record<string, unknown>;

/** Collections whose queries libraries make, as they are. */
const NOT_OURS: Readonly<Record<string, string>> = {
  jobs: 'agenda sorts by when a job is due and by nothing else; it keeps a handful of jobs',
};

/** database → kinds of sorted queries that it was asked, with the first of each */
const sorted = new Map<string, Map<string, Plain>>();
/** collection → the fields of its unique indexes, as JSON */
const unique = new Map<string, string[]>();
const broken = new Set<string>();

/** The address at which every command of a connection is checked by the rules. */
export function watchedAddress(uri: string): string {
  const address = new URL(uri);
  address.searchParams.set('monitorCommands', 'true');
  return address.href;
}

// Mongoose's types do not know this emitter; a connection's first commands are sent before anybody else can get hold of it.
(mongoose as unknown as { events: NodeJS.EventEmitter }).events.on('createConnection', (connection: Connection) => {
  connection.once('connected', () => {
    const client = connection.getClient();
    if (!client.options.monitorCommands) return;
    client.on('commandStarted', ({ command, databaseName }) => check(connection, databaseName, command));
  });
});

function check(connection: Connection, database: string, command: Plain): void {
  const [name = ''] = Object.keys(command);
  const collection = String(command[name]);
  if (collection in NOT_OURS) return;
  if (name === 'createIndexes') learn(collection, command.indexes as Plain[]);
  for (const rule of brokenRules(command, aboutOf(connection, collection))) note(command, rule);
  if (name === 'bulkWrite') note(command, 'the rules do not know this command');
  const query = sortedQuery(command);
  if (!query || findsNothing(query.filter)) return;
  const queries = sorted.get(database) ?? new Map<string, Plain>();
  sorted.set(database, queries);
  const kind = JSON.stringify([collection, shapeOf(query.filter), orderOf(query.sort)]);
  if (!queries.has(kind)) queries.set(kind, { find: collection, ...query });
}

function aboutOf(connection: Connection, collection: string): About {
  const known = (unique.get(collection) ?? []).map((key) => JSON.parse(key) as string[]);
  return { shardKey: shardKeysOf(connection).get(collection), unique: [['_id'], ...known] };
}

/** Unique indexes are known from the command that makes them, whoever sends it. */
function learn(collection: string, indexes: readonly Plain[]): void {
  const keys = indexes.filter((index) => index.unique).map(({ key }) => JSON.stringify(fieldsOf(key)));
  unique.set(collection, [...new Set([...(unique.get(collection) ?? []), ...keys])]);
}

/** An order with its directions, such as `at -1`. */
const orderOf = (sort: unknown): string[] =>
  [...(sort instanceof Map ? sort : Object.entries(sort as Plain))].map(
    ([field, direction]) => `${field} ${direction}`,
  );

function note(command: Plain, rule: string): void {
  const [name = ''] = Object.keys(command);
  const { [name]: collection, filter, query, sort, updates, deletes } = command;
  const first = (updates ?? deletes) as Plain[] | undefined;
  const about = { filter: shapeOf(filter ?? query ?? first?.[0]?.q ?? {}), ...(sort ? { sort: orderOf(sort) } : {}) };
  broken.add(`${name} ${collection} ${JSON.stringify(about)}: ${rule}`);
}

/** A query that asks for an order by more than what finds it. */
function sortedQuery(command: Plain): { filter: Plain; sort: unknown; limit?: unknown } | undefined {
  const stages = (command.pipeline ?? []) as Plain[];
  const [match, order] = '$match' in (stages[0] ?? {}) ? [stages[0]?.$match, stages[1]] : [{}, stages[0]];
  const sort = command.sort ?? order?.$sort;
  if (!sort) return undefined;
  const filter = (command.filter ?? command.query ?? match ?? {}) as Plain;
  return { filter, sort, ...(command.limit !== undefined && { limit: command.limit }) };
}

/**
 * Everything that the commands so far broke, and every sorted query of a database that sorts in memory.
 * @throws Error with all of it
 */
export async function expectRulesKept({ db }: Connection): Promise<void> {
  for (const query of sorted.get(db!.databaseName)?.values() ?? []) {
    if (!(await isOrdered(db!, query))) note(query, 'sorts in memory: no index holds the order');
  }
  sorted.delete(db!.databaseName);
  const problems = [...broken];
  broken.clear();
  if (problems.length > 0)
    throw new Error(`commands that break a rule (test/support/queries):\n${problems.join('\n')}`);
}

/**
 * Whether a query is answered in order. A server may sort a few rows of a test rather than read them by the index that would be
 * right for many: then that index has to be there, beginning with something that the query names.
 */
async function isOrdered(db: mongo.Db, query: Plain): Promise<boolean> {
  if (!(await sorts(db, query))) return true;
  const named = namedFields(query.filter as Plain);
  for (const { name, key } of await db.collection(String(query.find)).listIndexes().toArray()) {
    const fits = named.size === 0 || named.has(Object.keys(key)[0] as string);
    if (fits && !(await sorts(db, { ...query, hint: name }))) return true;
  }
  return false;
}

async function sorts(db: mongo.Db, query: Plain): Promise<boolean> {
  const { queryPlanner } = await db.command({ explain: query, verbosity: 'queryPlanner' });
  return stagesOf(queryPlanner.winningPlan).includes('SORT');
}

function stagesOf(plan: unknown): string[] {
  if (typeof plan !== 'object' || plan === null) return [];
  return Object.entries(plan).flatMap(([key, value]) => (key === 'stage' ? [String(value)] : stagesOf(value)));
}
