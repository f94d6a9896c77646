import { trusted } from 'mongoose';

/** Design section 4. Order is the order in which people think of them, not a ranking. */
export const roles = [
  'learner',
  'moderator',
  'expert',
  'course-author',
  'provider-manager',
  'school-administrator',
  'county-bureau',
  'city-bureau',
  'province',
  'operator',
] as const;
export type Role = (typeof roles)[number];

/** `platform`, or `region:ID`, `organisation:ID`, `programme:ID`, `workshop:ID`. */
export type Scope =
  | 'platform'
  | `region:${string}`
  | `organisation:${string}`
  | `programme:${string}`
  | `workshop:${string}`;

/** A region and those above it, from their codes. */
export const regionScopes = (path: readonly string[]): Scope[] => path.map((code): Scope => `region:${code}`);

/** The ids of those scopes that are of the kind. */
export function idsOf(scopes: readonly Scope[], kind: 'region' | 'organisation' | 'programme' | 'workshop'): string[] {
  return scopes.filter((scope) => scope.startsWith(`${kind}:`)).map((scope) => scope.slice(kind.length + 1));
}

/** Scopes as people and programs write them. */
export const scopePattern = /^(platform|(region|organisation|programme|workshop):[\w-]{1,80})$/;

/** A scope by its name, for people who read or choose one. */
export interface Place {
  scope: Scope;
  name: string;
  /** Tells places of one name apart, such as an administrative code. */
  detail?: string;
}

/** A role held within a scope; a grant on a region covers what lies below it. */
export interface Grant {
  role: Role;
  scope: Scope;
}

/** The signed-in person on whose behalf something is asked. */
export interface Viewer {
  id: string;
  name: string;
  language: string | undefined;
  organisation: string | undefined;
  grants: readonly Grant[];
}

declare const scoped: unique symbol;
/** A filter that carries its viewer's scope: the only kind that queries on people accept. */
export type Scoped<F = object> = F & { readonly [scoped]: true };

/** Whether the viewer holds one of the roles, in whatever scope. */
export function holds(viewer: Pick<Viewer, 'grants'>, allowed: readonly Role[]): boolean {
  return viewer.grants.some(({ role }) => allowed.includes(role));
}

/** The scopes in which the viewer holds one of the roles; `all` where one is held for the platform. */
export function scopesOf(viewer: Viewer, allowed: readonly Role[]): Scope[] | 'all' {
  const held = viewer.grants.filter((grant) => allowed.includes(grant.role)).map((grant) => grant.scope);
  return held.includes('platform') ? 'all' : [...new Set(held)];
}

/**
 * Whether the viewer holds one of the roles for a thing that lies in `scopes`
 * (a record lists every scope it lies in, its region's ancestors included).
 */
export function covers(viewer: Viewer, allowed: readonly Role[], scopes: readonly string[]): boolean {
  const held = scopesOf(viewer, allowed);
  return held === 'all' || held.some((scope) => scopes.includes(scope));
}

export const isOperator = (viewer: Viewer): boolean => scopesOf(viewer, ['operator']) === 'all';

/** Narrows `filter` to the records that the viewer may see in one of the roles. */
export function within<F extends object>(viewer: Viewer, allowed: readonly Role[], filter: F): Scoped<F> {
  const held = scopesOf(viewer, allowed);
  const narrowed = held === 'all' ? filter : { $and: [filter, { scopes: trusted({ $in: held }) }] };
  return narrowed as unknown as Scoped<F>;
}

/** Narrows `filter` to the viewer's own records. */
export function own<F extends object>(viewer: Viewer, filter: F): Scoped<F & { learner: string }> {
  return { ...filter, learner: viewer.id } as unknown as Scoped<F & { learner: string }>;
}

/** For background work that acts for nobody; never with a filter that came from a request. */
export function unscoped<F extends object>(filter: F): Scoped<F> {
  return filter as Scoped<F>;
}
