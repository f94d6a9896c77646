import { type InferSchemaType, type Model, trusted } from 'mongoose';
import type { Scope } from '../accounts/scope.ts';
import { errors } from '../errors.ts';
import type { LocalText } from '../languages.ts';
import type { organisationSchema, regionSchema } from './region.model.ts';

export type Region = Omit<InferSchemaType<typeof regionSchema>, 'name'> & { name: LocalText };
export type Organisation = Omit<InferSchemaType<typeof organisationSchema>, 'name'> & { name: LocalText };

/** The administrative tree and the organisations placed in it. Public facts: not scoped. */
export class Regions {
  readonly #regions: Model<Region>;
  readonly #organisations: Model<Organisation>;
  #tree: Promise<Map<string, Region>> | undefined;

  constructor(models: { regions: Model<Region>; organisations: Model<Organisation> }) {
    this.#regions = models.regions;
    this.#organisations = models.organisations;
  }

  /** Every region by code. The tree changes with the administrative divisions, so it is kept until `put`. */
  all(): Promise<Map<string, Region>> {
    this.#tree ??= this.#regions
      .find()
      .sort({ _id: 1 })
      .lean()
      .then((list) => new Map(list.map((region) => [region._id, region])))
      .catch((error) => {
        this.#tree = undefined;
        throw error;
      });
    return this.#tree;
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
    const organisation = await this.#organisations.findById(id).lean();
    if (!organisation) throw errors.notFound();
    return organisation;
  }

  /** Organisations in or below a region, by name. */
  async organisationsIn(code: string, kind?: Organisation['kind']): Promise<Organisation[]> {
    const tree = await this.all();
    const codes = [...tree.values()].filter((region) => region.path.includes(code)).map((region) => region._id);
    return this.#organisations
      .find({ region: trusted({ $in: codes }), ...(kind && { kind }) })
      .sort({ 'name.zh': 1 })
      .lean();
  }

  async organisationsByIds(ids: string[]): Promise<Organisation[]> {
    if (ids.length === 0) return [];
    return this.#organisations.find({ _id: trusted({ $in: ids }) }).lean();
  }

  /** The scopes in which a person of this organisation lies: it and every region above it. */
  async scopesOf(organisationId: string): Promise<Scope[]> {
    const organisation = await this.organisation(organisationId);
    const region = await this.get(organisation.region);
    return [...region.path.map((code): Scope => `region:${code}`), `organisation:${organisation._id}`];
  }

  /** Adds or replaces regions and organisations. */
  async put(change: { regions?: Region[]; organisations?: Organisation[] }): Promise<void> {
    const replace = <T extends { _id: string }>(document: T) => ({
      replaceOne: { filter: { _id: document._id }, replacement: document, upsert: true },
    });
    if (change.regions?.length) await this.#regions.bulkWrite(change.regions.map(replace));
    if (change.organisations?.length) await this.#organisations.bulkWrite(change.organisations.map(replace));
    this.#tree = undefined;
  }
}
