import type { CommandStartedEvent, CommandSucceededEvent, Document, MongoClient } from 'mongodb';
import type { Told } from './after-cut.ts';
import type { Recording } from './recording.ts';

type Fact = [document: string, n: number];

const DUPLICATE_KEY = 11000;

/** What the answers to a client's commands say about documents `{ _id, n }`, each by the number of its request. */
export class Ledger {
  private readonly asked = new Map<number, Document>();
  private readonly inTransaction = new Map<string, Fact[]>();
  private readonly told: { request: number; documents: Fact[]; counts: Fact[] }[] = [];

  constructor(client: MongoClient) {
    client.on('commandStarted', ({ requestId, command }: CommandStartedEvent) => this.asked.set(requestId, command));
    client.on('commandSucceeded', (event: CommandSucceededEvent) => this.note(event));
  }

  private note({ requestId, commandName, reply }: CommandSucceededEvent): void {
    const command = this.asked.get(requestId) as Document;
    this.asked.delete(requestId);
    const transaction =
      command.autocommit === false ? `${command.lsid.id.toString('hex')}:${command.txnNumber}` : undefined;
    if (commandName === 'commitTransaction') {
      this.tell(requestId, this.inTransaction.get(String(transaction)) ?? []);
      return;
    }
    const facts = [...written(command, reply as Document), ...shown(command, reply as Document)];
    if (transaction === undefined) this.tell(requestId, facts, counted(command, reply as Document));
    else this.inTransaction.set(transaction, [...(this.inTransaction.get(transaction) ?? []), ...facts]);
  }

  private tell(request: number, documents: Fact[], counts: Fact[] = []): void {
    if (documents.length + counts.length > 0) this.told.push({ request, documents, counts });
  }

  /** How many answers said something. */
  get size(): number {
    return this.told.length;
  }

  /** All that was answered until a moment of a recording. */
  until({ answers }: Recording, moment: number): Told {
    const told: Told = { documents: {}, counts: {} };
    for (const { request, documents, counts } of this.told) {
      const answered = answers.get(request);
      if (answered === undefined) throw new Error(`the recording lacks the answer to request ${request}`);
      if (answered >= moment) continue;
      raise(told.documents, documents);
      raise(told.counts, counts);
    }
    return told;
  }
}

function raise(known: Record<string, number>, facts: readonly Fact[]): void {
  for (const [name, n] of facts) known[name] = Math.max(known[name] ?? 0, n);
}

/** Documents that are there after an insert, also those that it found there, or an update by _id that sets or counts up to `n`. */
function written(command: Document, reply: Document): Fact[] {
  const failed = (reply.writeErrors ?? []) as { index: number; code: number }[];
  const stands = (index: number) => failed.every((each) => each.index !== index || each.code === DUPLICATE_KEY);
  const inserted = ((command.documents ?? []) as Document[]).flatMap(({ _id, n }, index): Fact[] =>
    stands(index) ? [[`${command.insert}/${_id}`, failed.length > 0 ? 0 : Number(n)]] : [],
  );
  const updated = ((command.updates ?? []) as Document[]).map(
    ({ q, u }): Fact => [`${command.update}/${q._id}`, Number(u.$set?.n ?? u.$inc?.n)],
  );
  return [...inserted, ...updated];
}

/** Documents that a read has shown. */
function shown(command: Document, reply: Document): Fact[] {
  const documents = (reply.cursor?.firstBatch ?? []) as Document[];
  return documents.flatMap(({ _id, n }): Fact[] =>
    command.find === undefined ? [] : [[`${command.find}/${_id}`, Number(n)]],
  );
}

function counted(command: Document, reply: Document): Fact[] {
  return command.count === undefined ? [] : [[String(command.count), Number(reply.n)]];
}
