import { setTimeout as delay } from 'node:timers/promises';
import { Binary } from 'bson';
import { type Authenticator, DATABASE } from '../auth/authenticator.ts';
import { USER } from '../auth/password.ts';
import { failure, typeMismatch } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { toDouble } from '../values/numeric.ts';
import type { Command, Connection, Handler } from './context.ts';

const MECHANISM = 'SCRAM-SHA-256';

/** How long a wrong password waits for its answer, in milliseconds. */
const FAILURE_PAUSE = 250;

/** Commands that a client may send before it has proved who it is, as in MongoDB. */
const beforeAuthentication = new Set(
  'hello isMaster ismaster ping buildInfo buildinfo saslStart saslContinue connectionStatus'.split(' '),
);

/** @throws CommandError 13 for all that needs a password, from a client that has not given one */
export function checkAuthenticated({ name, connection }: Command): void {
  if (connection.authenticated || beforeAuthentication.has(name)) return;
  throw failure(13, `Command ${name} requires authentication`);
}

const failed = () => failure(18, 'Authentication failed.');
const protocolError = (message: string) => failure(17, message);

/** The commands by which a client proves that it knows the password; without an authenticator nobody can. */
export function authenticationCommands(
  authenticator: Authenticator | undefined,
  log: (line: string) => void,
): Record<string, Handler> {
  const fail = async (connection: Connection): Promise<never> => {
    connection.sasl = undefined;
    log(`Authentication failed on connection ${connection.id}`);
    await delay(FAILURE_PAUSE);
    throw failed();
  };
  return {
    saslStart: async (_engine, { connection, database, body }) =>
      begin(authenticator, connection, database, body) ?? fail(connection),
    saslContinue: async (_engine, { connection, body }) => {
      const { sasl } = connection;
      if (authenticator === undefined || sasl === undefined) throw protocolError('No SASL session state found');
      if (toDouble(body.conversationId) !== sasl.id) throw protocolError('Mismatched conversation id');
      const payload = authenticator.finish(sasl.conversation, textOf(body.payload));
      if (payload === undefined) return fail(connection);
      connection.sasl = undefined;
      connection.authenticated = true;
      return reply(sasl.id, payload, true);
    },
    connectionStatus: (_engine, { connection }) => {
      const isUser = authenticator !== undefined && connection.authenticated;
      return {
        authInfo: {
          authenticatedUsers: isUser ? [{ user: USER, db: DATABASE }] : [],
          authenticatedUserRoles: isUser ? [{ role: 'root', db: DATABASE }] : [],
        },
        ok: 1,
      };
    },
  };
}

/** What hello answers about passwords: the mechanisms, the same for every name, and the first step where one was sent along. */
export function greetingOf(authenticator: Authenticator | undefined, { connection, body }: Command): Doc {
  if (authenticator === undefined) return {};
  const speculative = body.speculativeAuthenticate;
  const fits = isDocument(speculative) && speculative.mechanism === MECHANISM && isPayload(speculative.payload);
  const first = fits ? begin(authenticator, connection, String(speculative.db ?? DATABASE), speculative) : undefined;
  return {
    ...(body.saslSupportedMechs === undefined ? {} : { saslSupportedMechs: [MECHANISM] }),
    ...(first === undefined ? {} : { speculativeAuthenticate: first }),
  };
}

/** Begins an exchange in place of an unfinished one; undefined when the message is no beginning. */
function begin(
  authenticator: Authenticator | undefined,
  connection: Connection,
  database: string,
  body: Doc,
): Doc | undefined {
  if (body.mechanism !== MECHANISM) {
    throw failure(334, `Received authentication for mechanism ${String(body.mechanism)} which is not enabled`);
  }
  const conversation = authenticator?.begin(textOf(body.payload), database);
  if (conversation === undefined) return undefined;
  const id = connection.nextConversation++;
  connection.sasl = { id, conversation };
  return reply(id, conversation.serverFirst, false);
}

/** The exchange ends with the answer to the proof: no client insists on the empty messages that MongoDB has after it. */
const reply = (conversationId: number, payload: string, done: boolean): Doc => ({
  conversationId,
  done,
  payload: new Binary(Buffer.from(payload)),
  ok: 1,
});

const isPayload = (payload: unknown): payload is string | Binary =>
  typeof payload === 'string' || payload instanceof Binary;

/** The text of a payload, which some clients send as a string in base64. */
function textOf(payload: unknown): string {
  if (!isPayload(payload)) throw typeMismatch('Wrong type for payload');
  if (typeof payload === 'string') return Buffer.from(payload, 'base64').toString();
  return Buffer.from(payload.buffer).subarray(0, payload.position).toString();
}
