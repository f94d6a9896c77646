import { expect } from 'chai';
import {
  MongoBulkWriteError,
  type MongoClient,
  MongoClientBulkWriteError,
  MongoError,
  MongoServerError,
} from 'mongodb';
import { Entities, type SeenEvent } from './entities.ts';
import { mismatch, show } from './match.ts';
import { judgeBy, runOperation } from './operations.ts';
import type { ExpectedEvents, Operation, Requirement, Test, TestFile, Value } from './types.ts';

export interface Server {
  uri: string;
  version: string;
  topology: string;
}

/** Whether a server fulfils one of the requirements. */
export function fulfils(requirements: readonly Requirement[] | undefined, server: Server): boolean {
  if (requirements === undefined || requirements.length === 0) return true;
  return requirements.some((each) => {
    if (each.minServerVersion !== undefined && compareVersions(server.version, each.minServerVersion) < 0) return false;
    if (each.maxServerVersion !== undefined && compareVersions(server.version, each.maxServerVersion) > 0) return false;
    if (each.topologies !== undefined && !each.topologies.includes(server.topology)) return false;
    return each.auth !== true && each.serverless !== 'require' && each.csfle === undefined;
  });
}

function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < 3; i++) if ((left[i] ?? 0) !== (right[i] ?? 0)) return (left[i] ?? 0) - (right[i] ?? 0);
  return 0;
}

/** Runs one test of a file against the server; throws what does not match. */
export async function runTest(file: TestFile, test: Test, server: Server, admin: MongoClient): Promise<void> {
  await prepare(file, admin);
  const entities = new Entities(server.uri);
  judgeBy(judge);
  try {
    await entities.create(file.createEntities ?? []);
    for (const operation of test.operations) {
      if (operation.object === 'testRunner') await runnerOperation(entities, operation, admin);
      else await runOperation(entities, operation);
    }
    for (const expected of test.expectEvents ?? []) checkEvents(entities, expected);
    for (const outcome of test.outcome ?? []) {
      const found = await admin
        .db(outcome.databaseName)
        .collection(outcome.collectionName)
        .find()
        .sort({ _id: 1 })
        .toArray();
      const difference = mismatch(outcome.documents, found, scopeOf(entities), 'outcome');
      if (difference !== undefined) throw new Error(difference);
    }
  } finally {
    for (const name of ['failCommand', 'onPrimaryTransactionalWrite']) {
      await admin.db('admin').command({ configureFailPoint: name, mode: 'off' });
    }
    await entities.close();
  }
}

async function prepare(file: TestFile, admin: MongoClient): Promise<void> {
  await admin.db('admin').command({ killAllSessions: [] });
  for (const { databaseName, collectionName, documents, createOptions } of file.initialData ?? []) {
    const database = admin.db(databaseName, { writeConcern: { w: 'majority' } });
    await database.collection(collectionName).drop();
    await database.createCollection(collectionName, (createOptions ?? {}) as never);
    if (documents.length > 0)
      await database.collection(collectionName).insertMany(documents.map((each) => ({ ...each })));
  }
}

const scopeOf = (entities: Entities) => ({
  lsidOf: (session: string) => entities.lsid(session),
  entity: (id: string) => entities.get<unknown>(id),
});

function judge(entities: Entities, operation: Operation, result: unknown, error: unknown): void {
  const { expectError, expectResult, name } = operation;
  if (expectError !== undefined) {
    if (error === undefined) throw new Error(`${name}: should have failed, got ${show(result)}`);
    checkError(entities, name, expectError, error as Error);
    return;
  }
  if (error !== undefined) throw error;
  if (expectResult === undefined) return;
  const difference = mismatch(expectResult, resultOf(result), scopeOf(entities), name, true);
  if (difference !== undefined) throw new Error(difference);
}

/** The driver's results in the words of the specification. */
function resultOf(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result;
  const value = result as Value;
  if (value.insertResults instanceof Map || value.updateResults instanceof Map) {
    const plain = (map: unknown) =>
      map instanceof Map
        ? Object.fromEntries([...map].map(([key, { didUpsert: _extra, ...each }]) => [String(key), each]))
        : undefined;
    return {
      ...pick(value, 'insertedCount', 'upsertedCount', 'matchedCount', 'modifiedCount', 'deletedCount', 'acknowledged'),
      insertResults: plain(value.insertResults),
      updateResults: plain(value.updateResults),
      deleteResults: plain(value.deleteResults),
    };
  }
  const copy: Value =
    Object.getPrototypeOf(value) === Object.prototype || Array.isArray(value)
      ? value
      : pick(
          value,
          'insertedCount',
          'upsertedCount',
          'matchedCount',
          'modifiedCount',
          'deletedCount',
          'insertedIds',
          'upsertedIds',
          'acknowledged',
        );
  if (copy.upsertedId === null) {
    const { upsertedId: _none, ...rest } = copy;
    return rest;
  }
  return Object.keys(copy).length === 0 ? value : copy;
}

const pick = (value: Value, ...names: string[]) =>
  Object.fromEntries(names.filter((name) => value[name] !== undefined).map((name) => [name, value[name]]));

function checkError(entities: Entities, name: string, expected: Value, error: Error): void {
  const fail = (message: string) => {
    throw new Error(`${name}: ${message}; the error was ${error.name}: ${error.message}`);
  };
  const cause = error instanceof MongoClientBulkWriteError ? error.cause : undefined;
  const server = cause instanceof MongoServerError ? cause : error instanceof MongoServerError ? error : undefined;
  if (expected.isClientError === true && server !== undefined && !(error instanceof MongoBulkWriteError))
    fail('should be a client error');
  if (expected.isClientError === false && server === undefined) fail('should be a server error');
  if (
    expected.errorContains !== undefined &&
    !error.message.toLowerCase().includes(String(expected.errorContains).toLowerCase())
  ) {
    const results = (error as { errorResponse?: Value }).errorResponse;
    if (!show(results).toLowerCase().includes(String(expected.errorContains).toLowerCase()))
      fail(`message lacks "${expected.errorContains}"`);
  }
  const code = server?.code;
  if (expected.errorCode !== undefined && code !== expected.errorCode)
    fail(`code ${String(code)} instead of ${expected.errorCode}`);
  if (
    expected.errorCodeName !== undefined &&
    server?.codeName !== undefined &&
    server.codeName !== expected.errorCodeName
  )
    fail(`codeName ${server.codeName}`);
  for (const label of (expected.errorLabelsContain ?? []) as string[]) {
    if (![error, cause].some((each) => each instanceof MongoError && each.hasErrorLabel(label)))
      fail(`lacks the label ${label}`);
  }
  for (const label of (expected.errorLabelsOmit ?? []) as string[]) {
    if (error instanceof MongoError && error.hasErrorLabel(label)) fail(`has the label ${label}`);
  }
  if (expected.errorResponse !== undefined) {
    const response = (server ?? (error as { errorResponse?: Value })).errorResponse as Value | undefined;
    const difference = mismatch(expected.errorResponse, response, scopeOf(entities), 'errorResponse', true);
    if (difference !== undefined) fail(difference);
  }
  if (expected.expectResult !== undefined) checkPartial(entities, expected.expectResult, error);
  if (error instanceof MongoClientBulkWriteError) checkBulkErrors(entities, expected, error);
}

function checkPartial(entities: Entities, expected: unknown, error: Error): void {
  const partial =
    error instanceof MongoClientBulkWriteError ? error.partialResult : (error as { result?: unknown }).result;
  const difference = mismatch(
    expected,
    partial === undefined || (error instanceof MongoClientBulkWriteError && isEmptyResult(partial as Value))
      ? undefined
      : resultOf(partial),
    scopeOf(entities),
    'partial',
    true,
  );
  if (difference !== undefined) throw new Error(difference);
}

/** The driver reports a result of zeros where the specification wants none. */
const isEmptyResult = (result: Value) =>
  ['insertedCount', 'upsertedCount', 'matchedCount', 'modifiedCount', 'deletedCount'].every((name) => !result[name]);

function checkBulkErrors(entities: Entities, expected: Value, error: MongoClientBulkWriteError): void {
  if (expected.writeErrors !== undefined) {
    const actual = Object.fromEntries([...error.writeErrors].map(([at, { code }]) => [String(at), { code }]));
    const difference = mismatch(expected.writeErrors, actual, scopeOf(entities), 'writeErrors', true);
    if (difference !== undefined) throw new Error(difference);
  }
}

async function runnerOperation(
  entities: Entities,
  { name, arguments: given = {} }: Operation,
  admin: MongoClient,
): Promise<void> {
  const commands = (client: string) =>
    (entities.clients.get(client)?.events ?? [])
      .filter(({ kind }) => kind === 'commandStartedEvent')
      .slice(-2)
      .map(({ event }) => (event.command as Value).lsid);
  switch (name) {
    case 'failPoint':
      await admin.db('admin').command(given.failPoint as Value);
      break;
    case 'targetedFailPoint':
      await admin.db('admin').command(given.failPoint as Value);
      break;
    case 'createEntities':
      await entities.create(given.entities as Value[]);
      break;
    case 'assertSessionTransactionState':
      expect(
        (entities.session(given.session as string) as unknown as { transaction: { state: string } }).transaction.state,
      ).to.equal(stateNames[given.state as string]);
      break;
    case 'assertSessionDirty':
    case 'assertSessionNotDirty':
      expect(
        (entities.session(given.session as string) as unknown as { serverSession: { isDirty: boolean } }).serverSession
          .isDirty,
      ).to.equal(name === 'assertSessionDirty');
      break;
    case 'assertSameLsidOnLastTwoCommands':
    case 'assertDifferentLsidOnLastTwoCommands': {
      const [first, second] = commands(given.client as string).map(show);
      if (name === 'assertSameLsidOnLastTwoCommands') expect(first).to.equal(second);
      else expect(first).not.to.equal(second);
      break;
    }
    case 'assertCollectionExists':
    case 'assertCollectionNotExists': {
      const found = await admin
        .db(given.databaseName as string)
        .listCollections({ name: given.collectionName })
        .toArray();
      expect(found.length === 1).to.equal(name === 'assertCollectionExists');
      break;
    }
    case 'assertIndexExists':
    case 'assertIndexNotExists': {
      const indexes = await admin
        .db(given.databaseName as string)
        .collection(given.collectionName as string)
        .listIndexes()
        .toArray()
        .catch(() => []);
      expect(indexes.some((index) => index.name === given.indexName)).to.equal(name === 'assertIndexExists');
      break;
    }
    case 'assertSessionPinned':
    case 'assertSessionUnpinned':
      break;
    default:
      throw new Error(`unknown test runner operation ${name}`);
  }
}

const stateNames: Record<string, string> = {
  none: 'NO_TRANSACTION',
  starting: 'STARTING_TRANSACTION',
  in_progress: 'TRANSACTION_IN_PROGRESS',
  committed: 'TRANSACTION_COMMITTED',
  aborted: 'TRANSACTION_ABORTED',
};

function checkEvents(entities: Entities, expected: ExpectedEvents): void {
  const wanted = expected.eventType ?? 'command';
  const seen = (entities.clients.get(expected.client)?.events ?? []).filter(
    ({ kind }) => kind.startsWith('command') === (wanted === 'command'),
  );
  if (!expected.ignoreExtraEvents && seen.length !== expected.events.length) {
    throw new Error(
      `${seen.length} events instead of ${expected.events.length}: ${seen.map(({ event }) => event.commandName).join(', ')}`,
    );
  }
  for (const [at, each] of expected.events.entries()) {
    const [kind, content] = Object.entries(each)[0] as [string, Value];
    checkEvent(entities, seen[at], kind, content, at);
  }
}

function checkEvent(entities: Entities, seen: SeenEvent | undefined, kind: string, content: Value, at: number): void {
  if (seen?.kind !== kind) throw new Error(`event ${at}: ${seen?.kind} instead of ${kind}`);
  for (const [name, value] of Object.entries(content)) {
    if (name === 'hasServiceId' || name === 'hasServerConnectionId') continue;
    if (name === 'command') removeDefaultTimeout(value as Value, seen.event.command as Value);
    const difference = mismatch(value, seen.event[name], scopeOf(entities), `event ${at} ${name}`, true);
    if (difference !== undefined) throw new Error(difference);
  }
}

/** The driver sends its own limit with a write concern that ends a transaction. */
function removeDefaultTimeout(expected: Value, actual: Value): void {
  const concern = actual.writeConcern as Value | undefined;
  const wanted = expected.writeConcern as Value | undefined;
  if (concern?.wtimeout === 10_000 && wanted?.wtimeout === undefined) delete concern.wtimeout;
}
