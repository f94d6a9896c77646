import { Binary, type Long, type Timestamp } from 'bson';
import { scopeFor, settingsFor } from '../aggregation/pipeline.ts';
import type { Scope, ScopeSettings, Variable } from '../aggregation/scope.ts';
import type { PipelineContext } from '../aggregation/stage.ts';
import type { Conversation } from '../auth/authenticator.ts';
import type { Engine } from '../engine.ts';
import { badValue, failure, notImplemented } from '../errors.ts';
import { Effort } from '../query/effort.ts';
import type { MatchContext } from '../query/matcher.ts';
import type { Collection } from '../storage/catalog.ts';
import type { KeyValue } from '../storage/store.ts';
import type { Transaction } from '../storage/transactions.ts';
import { type Doc, encode, isDocument } from '../values/codec.ts';
import { collatorFor } from '../values/collation.ts';
import { typeName } from '../values/compare.ts';
import { decode } from '../values/decode.ts';
import { numberKind, toDouble } from '../values/numeric.ts';
import { missingField, wrongType } from './fields.ts';
import { cursorReply } from './replies.ts';

/** What the server knows about a client's connection. */
export interface Connection {
  id: number;
  appName: string;
  /** Whether the client has proved that it knows the password, or needs none. */
  authenticated: boolean;
  /** The exchange by which it is proving it, with the number by which the client names it. */
  sasl: { id: number; conversation: Conversation } | undefined;
  nextConversation: number;
  /** It is closed: nobody waits for answers any more. */
  gone?: boolean;
}

/** One command as it arrived. */
export interface Command {
  name: string;
  database: string;
  body: Doc;
  /** Document sequences of the message, still encoded. */
  sequences: Map<string, Buffer[]>;
  connection: Connection;
  transaction: Transaction | undefined;
  /** When it has to give up, on the clock of `performance`. */
  deadline?: number | undefined;
  /** Somebody has asked to end it. */
  killed?: boolean;
  /** The time that $$NOW stands for. */
  now?: Date;
  /** What its filters refer to, once somebody has asked. */
  context?: MatchContext;
  /** The state that a snapshot session reads, with its time. */
  snapshot?: { view: KeyValue; time: Timestamp } | undefined;
}

/** An answer: a document, or one that is already encoded. */
export type Reply = Doc | Buffer;

export type Handler = (engine: Engine, command: Command) => Reply | Promise<Reply>;

/** What a command reads: its transaction's snapshot, or the latest state. */
export const viewOf = (engine: Engine, command: Command): KeyValue =>
  command.transaction?.view ?? command.snapshot?.view ?? engine.store;

/** The collection that a command names, if there is one. */
export function collectionOf(engine: Engine, command: Command): Collection | undefined {
  const group = command.transaction?.group ?? command.snapshot?.view.snapshotGroup;
  return engine.find(command.database, collectionName(command), command.transaction, group);
}

export function collectionName(command: Command): string {
  const name = command.body[command.name];
  if (name instanceof Binary) {
    throw notImplemented('naming a collection by its UUID is not supported');
  }
  if (typeof name !== 'string') throw badValue(`collection name has invalid type ${typeName(name)}`);
  if (name === '') throw badValue(`Invalid namespace specified '${command.database}.'`);
  return name;
}

/** What filters and expressions of a command refer to: collation and `let`. Statements without a collation of their own share it. */
export function matchContext(command: Command, collation?: unknown): MatchContext {
  if (collation === undefined && command.context !== undefined) return command.context;
  const remaining = () => (command.deadline ?? Number.POSITIVE_INFINITY) - performance.now();
  let scope: Scope | undefined;
  const context: MatchContext = {
    collator: collatorFor(collation ?? command.body.collation),
    remaining,
    effort: new Effort(command.deadline),
    expression: (value) => {
      scope ??= scopeFor(settingsOf(command, collation), variablesOf(command));
      return scope.compileField(value);
    },
  };
  if (collation === undefined) command.context = context;
  return context;
}

/** What the expressions of a command have in common. */
function settingsOf(command: Command, collation?: unknown): ScopeSettings {
  command.now ??= new Date();
  const collator = collatorFor(collation ?? command.body.collation);
  return settingsFor(collator, command.now, command.deadline);
}

/** The variables of `let`, whose values are expressions without a document. */
function variablesOf(command: Command): Map<string, Variable> {
  const scope = scopeFor(settingsOf(command));
  const values = Object.entries((command.body.let ?? {}) as Doc);
  return new Map(values.map(([name, value]) => [name, { value: scope.compile(value)({}) ?? null }]));
}

/** What the pipelines of a command are compiled with. */
export const pipelineContext = (command: Command, collation?: unknown): PipelineContext => ({
  settings: settingsOf(command, collation),
  variables: variablesOf(command),
});

/** The most statements of one command. */
const MAX_STATEMENTS = 100_000;

/**
 * The statements of a bulk command, from its document sequence or from the body.
 * @throws CommandError 40414, 14 or 16 where there are none, too many, or others than documents
 */
export function statementsOf(command: Command, field: string): Doc[] {
  const place = `${command.name}.${field}`;
  const list = command.sequences.get(field)?.map((raw) => decode(raw)) ?? command.body[field];
  if (list === undefined) throw missingField(place);
  if (!Array.isArray(list)) throw wrongType(place, list, 'array');
  checkCount(list.length);
  for (const [at, each] of list.entries()) if (!isDocument(each)) throw wrongType(`${place}.${at}`, each, 'object');
  return list;
}

/** @throws CommandError 16 for no statement or more than MongoDB takes */
export function checkCount(statements: number): void {
  if (statements >= 1 && statements <= MAX_STATEMENTS) return;
  const message = `Write batch sizes must be between 1 and ${MAX_STATEMENTS}. Got ${statements} operations.`;
  throw failure(16, message);
}

/** A document that may be missing; its type has been checked. */
export const documentField = (body: Doc, name: string): Doc | undefined => (body[name] ?? undefined) as Doc | undefined;

/** Whether a flag is set, whose type has been checked. */
export const isSet = (value: unknown): boolean =>
  value === true || (numberKind(value) !== undefined && toDouble(value) !== 0);

/** A non-negative number that may be missing; its fraction counts for nothing, as in MongoDB. */
export function countField(holder: unknown, name: string): number | undefined {
  const value = (holder as Doc | undefined)?.[name];
  if (value === undefined || value === null) return undefined;
  if (numberKind(value) === undefined) throw wrongType(name, value, 'number');
  const number = toDouble(value);
  if (number < 0) throw failure(51024, `BSON field '${name}' value must be >= 0, actual value '${number}'`);
  return Math.trunc(number) || 0;
}

export const ownerOf = (command: Command): string =>
  command.transaction === undefined
    ? ''
    : `${JSON.stringify(command.body.lsid)}:${String(command.body.txnNumber as Long)}`;

/** Answers with the rows of a list, as many at a time as the command says. */
export async function listReply(engine: Engine, namespace: string, rows: Doc[], { cursor }: Doc): Promise<Buffer> {
  const size = countField(cursor, 'batchSize') ?? Number.MAX_SAFE_INTEGER;
  const batch = await engine.cursors.open(namespace, rows.map(encode)[Symbol.iterator](), size);
  return cursorReply(namespace, batch, 'firstBatch');
}
