import { createInterface } from 'node:readline';
import { Engine } from '../../engine.ts';
import { checkFolder } from '../../maintenance.ts';
import { decode } from '../../values/decode.ts';
import { successor } from '../../values/keys.ts';

/** What a client was told before a cut, and must find after it. */
export interface Told {
  /** Documents, as `collection/_id`, with a number that only grows. */
  documents: Record<string, number>;
  /** How many documents collections have at least. */
  counts: Record<string, number>;
}

export interface CutFolder {
  folder: string;
  told: Told;
}

/** Collections whose documents come in pairs, one in each, by transactions. */
const PAIRED = ['left', 'right'];
/** A collection whose documents are each changed by one retryable write, from 0 to 1. */
const ONCE = 'once';

/** Opens a folder as a restarted engine does; says what is wrong with it. */
async function problemsOf({ folder, told }: CutFolder): Promise<string[]> {
  const { problems } = await checkFolder(folder);
  const engine = new Engine(folder);
  const found = new Map<string, number>();
  const names = new Map<string, Set<string>>();
  for (const { name, ident } of engine.catalog.all()) {
    const entries = engine.store.entries({ low: ident, high: successor(ident) }, Number.MAX_SAFE_INTEGER, false);
    names.set(name, new Set());
    for (const { value } of entries) {
      const { _id, n } = decode(value);
      found.set(`${name}/${String(_id)}`, Number(n));
      names.get(name)?.add(String(_id));
    }
  }
  await engine.close();
  for (const [document, n] of Object.entries(told.documents)) {
    const stored = found.get(document);
    if (stored === undefined) problems.push(`${document} is gone, which had ${n}`);
    else if (stored < n) problems.push(`${document} has ${stored}, which had ${n}`);
  }
  for (const [name, count] of Object.entries(told.counts)) {
    const stored = names.get(name)?.size ?? 0;
    if (stored < count) problems.push(`${name} has ${stored} documents, which had ${count}`);
  }
  const [left, right] = PAIRED.map((name) => names.get(name) ?? new Set<string>()) as [Set<string>, Set<string>];
  for (const id of new Set([...left, ...right]))
    if (!left.has(id) || !right.has(id)) problems.push(`half a transaction: ${id}`);
  for (const id of names.get(ONCE) ?? [])
    if ((found.get(`${ONCE}/${id}`) ?? 0) > 1) problems.push(`${ONCE}/${id} was changed twice`);
  return problems;
}

// A process of its own, as a damaged file can end it: gets one folder a line, and answers each with a line.
for await (const line of createInterface({ input: process.stdin })) {
  const problems = await problemsOf(JSON.parse(line)).catch((error: unknown) => [String(error)]);
  process.stdout.write(`${JSON.stringify(problems)}\n`);
}
