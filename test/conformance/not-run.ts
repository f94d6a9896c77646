import type { Test, TestFile } from './types.ts';

/** Features that the engine does not claim, by what a test needs of them. */
const operations: Record<string, string> = {
  createChangeStream: 'change streams',
  mapReduce: 'server-side JavaScript',
};

const driver = 'the driver 7.8 behaves otherwise, whatever the server does';
const secondary = 'reads from a secondary, which a set of one does not have';

/** Single tests, by file and the start of their description. */
const tests: [string, string, string][] = [
  ['crud/bypassDocumentValidation.json', '', `${driver}: it does not send false`],
  ['crud/create-null-ids.json', '', `${driver}: it replaces an _id of null`],
  ['retryable-reads/listCollectionObjects', '', 'the driver has no such method'],
  ['retryable-reads/listDatabaseObjects', '', 'the driver has no such method'],
  ...['Find', 'Distinct', 'Aggregate', 'countDocuments'].map((name): [string, string, string] => [
    'sessions/snapshot-sessions.json',
    `${name} operation with snapshot and snapshot time`,
    'the driver has no option snapshotTime',
  ]),
  [
    'sessions/snapshot-sessions.json',
    'Mixed operation with snapshot and snapshotTime',
    'the driver has no option snapshotTime',
  ],
  [
    'retryable-writes/bulkWrite.json',
    'First insertOne is never committed',
    `${driver}: it lists ids of what was not inserted`,
  ],
  ['transactions/client-bulkWrite.json', 'client bulkWrite with writeConcern in a transaction', driver],
  ['transactions/run-command.json', 'run command with secondary read preference', secondary],
  ['transactions/transaction-options.json', 'readPreference inherited from client', secondary],
  ['collection-management/modifyCollection-errorResponse.json', '', 'conversion of an index to a unique one'],
];

/** Why a test is not run; undefined for all others. */
export function reasonNotToRun(path: string, file: TestFile, test: Test): string | undefined {
  if (test.skipReason !== undefined) return `the specification skips it: ${test.skipReason}`;
  for (const { name } of test.operations) if (operations[name] !== undefined) return operations[name];
  const single = tests.find(([name, start]) => path.startsWith(name) && test.description.startsWith(start));
  if (single !== undefined) return single[2];
  const created = JSON.stringify([file.initialData ?? [], test.operations]);
  if (path.endsWith('timeseries-collection.json')) return 'time series collections';
  if (created.includes('"$where"') || created.includes('"$function"')) return 'server-side JavaScript';
  return undefined;
}
