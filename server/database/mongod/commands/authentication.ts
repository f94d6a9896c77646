import { setTimeout as delay } from 'node:timers/promises';
import { Binary } from 'bson';
import { type Authenticator, DATABASE } from '../auth/authenticator.ts';
import { USER } from '../auth/password.ts';
import { failure, typeMismatch } from '../errors.ts';
import type { Doc } from '../values/codec.ts';
import { toDouble } from '../values/numeric.ts';
import type { Command, Connection, Handler } from './context.ts';

export const MECHANISM = 'SCRAM-SHA-256';

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
    throw failure(18, 'Authentication failed.');
  };
  return {
    // An exchange takes the place of an unfinished one.
    saslStart: async (_engine, { connection, database, body }) => {
      if (body.mechanism !== MECHANISM)
        throw failure(334, `Received authentication for mechanism ${String(body.mechanism)} which is not enabled`);
      const conversation = authenticator?.begin(textOf(body.payload), database);
      if (conversation === undefined) return fail(connection);
      const id = connection.nextConversation++;
      connection.sasl = { id, conversation };
      return reply(id, conversation.serverFirst, false);
    },
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

/** The exchange ends with the answer to the proof: no client insists on the empty messages that MongoDB has after it. */
const reply = (conversationId: number, payload: string, done: boolean): Doc => ({
  conversationId,
  done,
  payload: new Binary(Buffer.from(payload)),
  ok: 1,
});

/** The text of a payload, which some clients send as a string in base64. */
function textOf(payload: unknown): string {
  if (typeof payload === 'string') return Buffer.from(payload, 'base64').toString();
  if (payload instanceof Binary) return Buffer.from(payload.buffer).subarray(0, payload.position).toString();
  throw typeMismatch('Wrong type for payload');
}
