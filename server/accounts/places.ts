import { type Language, localText } from '../languages.ts';
import type { FilterChain } from '../plugins/filters.ts';
import type { Programmes } from '../programmes/programmes.service.ts';
import type { Region, Regions } from '../regions/regions.service.ts';
import { idsOf, type Place, type Role, roles, type Scope } from './scope.ts';

/** Names that `find` answers with at most. */
const most = 50;

const levels: Partial<Record<Role, Region['level']>> = {
  province: 'province',
  'city-bureau': 'city',
  'county-bureau': 'county',
};
const organisationKinds = { 'school-administrator': 'school', 'provider-manager': 'provider' } as const;

/**
 * Roles that an operator grants by hand. Learners become such by enrolment; a workshop's moderator is named there, since it
 * has exactly one.
 */
export const grantable = roles.filter((role) => role !== 'learner' && role !== 'moderator');

/** Scopes by name: regions, organisations, programmes, and what plugins know by the filter `places`. */
export class Places {
  readonly #deps: { regions: Regions; programmes: Programmes; filters: FilterChain };

  constructor(deps: { regions: Regions; programmes: Programmes; filters: FilterChain }) {
    this.#deps = deps;
  }

  /** What scopes are called; those that nobody knows any more go by their id. */
  async names(scopes: readonly Scope[], language: Language, wholePlatform: string): Promise<Map<Scope, string>> {
    const { regions, programmes, filters } = this.#deps;
    const [tree, organisations, titles, others] = await Promise.all([
      regions.all(),
      regions.organisationsByIds(idsOf(scopes, 'organisation')),
      programmes.byIds(idsOf(scopes, 'programme')),
      filters.apply('places', [], { scopes, language }),
    ]);
    return new Map<Scope, string>([
      ...scopes.map((scope): [Scope, string] => [scope, scope.slice(scope.indexOf(':') + 1)]),
      ['platform', wholePlatform],
      ...idsOf(scopes, 'region').map((id): [Scope, string] => [
        `region:${id}`,
        localText(tree.get(id)?.name ?? id, language),
      ]),
      ...organisations.map(({ _id, name }): [Scope, string] => [`organisation:${_id}`, localText(name, language)]),
      ...titles.map(({ _id, title }): [Scope, string] => [`programme:${_id}`, localText(title, language)]),
      ...others.map(({ scope, name }): [Scope, string] => [scope, name]),
    ]);
  }

  /** Where a grantable role may be held, by name: places of the role's kind whose names hold the text. */
  async find(role: Role, text: string, language: Language, wholePlatform: string): Promise<Place[]> {
    const { regions, programmes } = this.#deps;
    const holds = (place: Place) => `${place.name} ${place.detail ?? ''}`.includes(text);
    if (role === 'operator') return [place('platform', wholePlatform)];
    const level = levels[role];
    if (level) {
      const tree = [...(await regions.all()).values()].filter((region) => region.level === level);
      const places = tree.map(({ _id, name }) => place(`region:${_id}`, localText(name, language), _id));
      return places.filter(holds).slice(0, most);
    }
    if (role in organisationKinds) {
      const kind = organisationKinds[role as keyof typeof organisationKinds];
      const { rows } = await regions.organisations({ kind, text }, { skip: 0, limit: most });
      return rows.map(({ _id, name }) => place(`organisation:${_id}`, localText(name, language), _id));
    }
    const all = await programmes.all();
    return all
      .map(({ _id, title }) => place(`programme:${_id}`, localText(title, language)))
      .filter(holds)
      .slice(0, most);
  }
}

const place = (scope: Scope, name: string, detail?: string): Place => ({ scope, name, ...(detail && { detail }) });
