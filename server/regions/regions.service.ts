import { type InferSchemaType, type Model, trusted } from 'mongoose';
import { regionScopes, type Scope } from '../accounts/scope.ts';
import { errors } from '../errors.ts';
import { Kept } from '../kept.ts';
import type { LocalText } from '../languages.ts';
import { pageOf } from '../page-of.ts';
import type { organisationSchema, regionSchema } from './region.model.ts';

export type Region = Omit<InferSchemaType<typeof regionSchema>, 'name'> & { name: LocalText };
export type Organisation = Omit<InferSchemaType<typeof organisationSchema>, 'name'> & { name: LocalText };

/** How long regions and organisations are kept in memory before they are read again, in milliseconds. */
const keptMs = 2_000;

/** The administrative tree and the organisations placed in it. Public facts: not scoped, and at most two seconds old. */
export class Regions {
  readonly #regions: Model<Region>;
  readonly #organisations: Model<Organisation>;
  readonly #tree = new Kept<Map<string, Region>>(keptMs);
  readonly #byId = new Kept<Organisation | undefined>(keptMs);
  readonly #within = new Kept<Organisation[]>(keptMs, 500);

  constructor(models: { regions: Model<Region>; organisations: Model<Organisation> }) {
    this.#regions = models.regions;
    this.#organisations = models.organisations;
  }

  /** Every region by code. */
  all(): Promise<Map<string, Region>> {
    return this.#tree.get('', async () => {
      const list = await this.#regions.find().sort({ _id: 1 }).lean();
      return new Map(list.map((region) => [region._id, region]));
    });
  }

  /** @throws core:not-found */
  async get(code: string): Promise<Region> {
    const region = (await this.all()).get(code);
    if (!region) throw errors.notFound();
    return region;
  }

  /** The regions directly below `code`, by code. */
  async below(code: string): Promise<Region[]> {
    return [...(await this.all()).values()].filter((region) => region.path.at(-2) === code);
  }

  /** @throws core:not-found */
  async organisation(id: string): Promise<Organisation> {
    const [organisation] = await this.organisationsByIds([id]);
    if (!organisation) throw errors.notFound();
    return organisation;
  }

  /** Organisations in or below a region, by name. */
  async organisationsIn(code: string, kind?: Organisation['kind']): Promise<Organisation[]> {
    const tree = await this.all();
    const codes = [...tree.values()].filter((region) => region.path.includes(code)).map((region) => region._id);
    const found = this.#organisations.find({ region: trusted({ $in: codes }), ...(kind && { kind }) });
    return this.#within.get(`${code} ${kind ?? ''}`, async () => (await found.lean()).sort(byName));
  }

  /** One page of organisations by name, of a kind and with names that begin with a text where these are given. */
  async organisations(
    { kind, text = '' }: { kind?: Organisation['kind'] | undefined; text?: string },
    page: { skip: number; limit: number },
  ): Promise<{ rows: Organisation[]; total: number }> {
    // A range rather than a pattern: it reads the index, and a name's signs mean nothing.
    const named = text && { 'name.zh': trusted({ $gte: text, $lt: `${text}\uffff` }) };
    const filter = { ...(kind && { kind }), ...named };
    const rows = this.#organisations
      .find(filter)
      .sort({ 'name.zh': 1, _id: 1 })
      .skip(page.skip)
      .limit(page.limit)
      .lean();
    return pageOf(page, rows, () => this.#organisations.countDocuments(filter));
  }

  async organisationsByIds(ids: string[]): Promise<Organisation[]> {
    const missing: string[] = [];
    const read = (id: string) => {
      missing.push(id);
      return found.then((organisations) => organisations.get(id));
    };
    const found = Promise.resolve().then(() => this.#read(missing));
    const all = await Promise.all(ids.map((id) => this.#byId.get(id, () => read(id))));
    return all.filter((organisation) => organisation !== undefined);
  }

  async #read(ids: string[]): Promise<Map<string, Organisation>> {
    if (ids.length === 0) return new Map();
    const list = await this.#organisations.find({ _id: trusted({ $in: ids }) }).lean();
    return new Map(list.map((organisation) => [organisation._id, organisation]));
  }

  /** The scopes in which a person of this organisation lies: it and every region above it. */
  async scopesOf(organisationId: string): Promise<Scope[]> {
    const organisation = await this.organisation(organisationId);
    const region = await this.get(organisation.region);
    return [...regionScopes(region.path), `organisation:${organisation._id}`];
  }

  /** Adds or replaces regions and organisations. */
  async put(change: { regions?: Region[]; organisations?: Organisation[] }): Promise<void> {
    const replace = <T extends { _id: string }>(document: T) => ({
      replaceOne: { filter: { _id: document._id }, replacement: document, upsert: true },
    });
    if (change.regions?.length) await this.#regions.bulkWrite(change.regions.map(replace));
    if (change.organisations?.length) await this.#organisations.bulkWrite(change.organisations.map(replace));
    this.#tree.clear();
    this.#byId.clear();
    this.#within.clear();
  }
}

/** All of a region are read at once, from many places of the index by name: the database would have to sort them as well. */
function byName(a: Organisation, b: Organisation): number {
  if (a.name.zh !== b.name.zh) return a.name.zh < b.name.zh ? -1 : 1;
  return a._id < b._id ? -1 : 1;
}
