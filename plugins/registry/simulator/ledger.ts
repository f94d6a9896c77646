import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Journal } from './journal.ts';

const text = z.string().trim().min(1).max(200);
const recordSchema = z.object({
  key: z.string().min(8).max(80),
  idNumber: z.string().refine(hasRightCheckDigit, 'id-number'),
  name: text,
  programme: text,
  programmeTitle: text,
  hours: z.number().positive().max(1000),
  year: z.number().int().min(2000).max(2100),
  provider: text,
  qualifiedAt: z.iso.datetime(),
  score: z.string().regex(/^\d{1,3}\.\d{2}$/),
});

export interface LedgerEntry {
  number: string;
  at: string;
  /** Of the body as it came, so that the same key with another body is noticed. */
  digest: string;
  record: z.output<typeof recordSchema>;
}

export type Entered =
  | { kind: 'new' | 'known'; entry: LedgerEntry }
  | { kind: 'refused'; status: 409 | 422; code: string; reason: string };

/** What a registry holds: one record per key, and one per person and programme. */
export class Ledger {
  readonly #journal: Journal<LedgerEntry>;
  readonly #byKey = new Map<string, LedgerEntry>();
  readonly #byPerson = new Map<string, LedgerEntry>();

  constructor(file: string) {
    this.#journal = new Journal(file, (entry) => this.#remember(entry));
  }

  all(): LedgerEntry[] {
    return [...this.#byKey.values()];
  }

  byKey(key: string): LedgerEntry | undefined {
    return this.#byKey.get(key);
  }

  byIdNumber(idNumber: string): LedgerEntry[] {
    return this.all().filter(({ record }) => record.idNumber === idNumber);
  }

  /** Enters a record durably, or says why not. */
  enter(body: string, now: Date): Entered {
    const parsed = recordSchema.safeParse(readJson(body));
    if (!parsed.success) {
      const field = String(parsed.error.issues[0]?.path[0] ?? 'body');
      return { kind: 'refused', status: 422, code: field, reason: `${field} is not valid` };
    }
    const record = parsed.data;
    const digest = createHash('sha256').update(body).digest('hex');
    const known = this.#byKey.get(record.key);
    if (known?.digest === digest) return { kind: 'known', entry: known };
    if (known) return refused('key-reused', 'the key belongs to a record with other contents');
    if (this.#byPerson.has(personKey(record))) return refused('duplicate', 'the person has this programme already');
    const number = `HN${record.year}${String(this.#byKey.size + 1).padStart(8, '0')}`;
    const entry = { number, at: now.toISOString(), digest, record };
    this.#journal.append(entry);
    this.#remember(entry);
    return { kind: 'new', entry };
  }

  close(): void {
    this.#journal.close();
  }

  #remember(entry: LedgerEntry): void {
    this.#byKey.set(entry.record.key, entry);
    this.#byPerson.set(personKey(entry.record), entry);
  }
}

const personKey = ({ idNumber, programme }: LedgerEntry['record']) => `${idNumber} ${programme}`;
const refused = (code: string, reason: string): Entered => ({ kind: 'refused', status: 409, code, reason });

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** ISO 7064 MOD 11-2 (GB 11643-1999), written anew: a registry shares no code with those who report to it. */
function hasRightCheckDigit(idNumber: string): boolean {
  if (!/^\d{17}[\dX]$/.test(idNumber)) return false;
  let product = 0;
  for (const digit of idNumber.slice(0, 17)) product = ((product + Number(digit)) * 2) % 11;
  const check = (12 - product) % 11;
  return idNumber.at(-1) === (check === 10 ? 'X' : String(check));
}
