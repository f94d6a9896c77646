/** The parts of the unified test format that the files use. */
export type Value = Record<string, unknown>;

export interface Requirement {
  minServerVersion?: string;
  maxServerVersion?: string;
  topologies?: string[];
  serverless?: string;
  auth?: boolean;
  csfle?: unknown;
}

export interface Operation {
  name: string;
  object: string;
  arguments?: Value;
  expectError?: Value;
  expectResult?: unknown;
  saveResultAsEntity?: string;
  ignoreResultAndError?: boolean;
}

export interface ExpectedEvents {
  client: string;
  eventType?: string;
  events: Value[];
  ignoreExtraEvents?: boolean;
}

interface Collection {
  databaseName: string;
  collectionName: string;
  documents: Value[];
  createOptions?: Value;
}

export interface Test {
  description: string;
  runOnRequirements?: Requirement[];
  skipReason?: string;
  operations: Operation[];
  expectEvents?: ExpectedEvents[];
  outcome?: Collection[];
}

export interface TestFile {
  description: string;
  runOnRequirements?: Requirement[];
  createEntities?: Value[];
  initialData?: Collection[];
  tests: Test[];
}
