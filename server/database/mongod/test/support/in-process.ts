import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection, Reply } from '../../commands/context.ts';
import { commandTable, dispatch } from '../../commands/dispatch.ts';
import { FailPoints } from '../../commands/fail-points.ts';
import { Engine } from '../../engine.ts';
import { type Doc, encode } from '../../values/codec.ts';
import { decode } from '../../values/decode.ts';
import { plain } from '../../values/plain.ts';

/** An engine in the process of the test, which answers commands without a network. */
export interface InProcess {
  engine: Engine;
  /** A client's connection. */
  connect(): Connection;
  /** Runs a command; the answer is decoded, with plain numbers. */
  run(body: Doc, connection?: Connection): Promise<Doc>;
  insert(collection: string, documents: Doc[]): Promise<void>;
  close(): Promise<void>;
}

const BATCH = 1000;

export async function startInProcess(): Promise<InProcess> {
  const path = await mkdtemp(join(tmpdir(), 'xuefang-engine-'));
  const engine = new Engine(path);
  const failPoints = new FailPoints();
  const table = commandTable(
    {} as never,
    failPoints,
    () => 0,
    () => undefined,
  );
  let id = 0;
  const connect = (): Connection =>
    ({
      id: ++id,
      appName: '',
      authenticated: true,
      sasl: undefined,
      nextConversation: 1,
    }) as Connection;
  const own = connect();
  const send = async (body: Doc, sequences: Map<string, Buffer[]>, connection: Connection): Promise<Doc> => {
    const name = Object.keys(body)[0] as string;
    const command = {
      name,
      database: 'test',
      body: decode(encode(body)),
      sequences,
      connection,
      transaction: undefined,
    };
    const reply = (await dispatch({ engine, failPoints, table } as never, command)) as Reply;
    return plain(decode(Buffer.isBuffer(reply) ? reply : encode(reply)));
  };
  return {
    engine,
    connect,
    run: (body, connection = own) => send(body, new Map(), connection),
    insert: async (collection, documents) => {
      for (let at = 0; at < documents.length; at += BATCH) {
        const batch = documents.slice(at, at + BATCH).map((each) => encode(each));
        await send({ insert: collection }, new Map([['documents', batch]]), own);
      }
    },
    close: async () => {
      await engine.close();
      await rm(path, { recursive: true });
    },
  };
}
