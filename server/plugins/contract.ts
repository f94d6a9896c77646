/**
 * The plugin contract: everything that a plugin may use of the core, and the only file of it that plugins import
 * (as `#platform`). Version `contractVersion` follows semver: a plugin names the range it was written for.
 */
import type { RequestHandler, Router } from 'express';
import type { InferSchemaType, Model, Schema } from 'mongoose';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Accounts } from '../accounts/accounts.service.ts';
import type { Audit } from '../accounts/audit.ts';
import type { Place, Role, Scope, Viewer } from '../accounts/scope.ts';
import type { Workbooks } from '../files/workbooks.ts';
import type { Language } from '../languages.ts';
import type { Metric } from '../metrics/metrics.ts';
import type { Enrolment, Enrolments } from '../programmes/enrolments.service.ts';
import type { Programmes } from '../programmes/programmes.service.ts';
import type { CommittedChange } from '../progress/commit.ts';
import type { ActivityDefinition, MeasureDefinition } from '../progress/measures.ts';
import type { Progress } from '../progress/progress.service.ts';
import type { Regions } from '../regions/regions.service.ts';
import type { Transaction } from '../transaction.ts';

export type { NewPerson, User } from '../accounts/accounts.service.ts';
export {
  type IdDocument,
  type IdDocumentKind,
  idDocumentKinds,
  type ParsedIdDocument,
  parseIdDocument,
} from '../accounts/id-document.ts';
export { checkDigit, maskIdNumber, parseIdNumber } from '../accounts/id-number.ts';
export {
  covers,
  type Grant,
  holds,
  idsOf,
  own,
  type Role,
  regionScopes,
  roles,
  type Scope,
  type Scoped,
  scopesOf,
  unscoped,
  type Viewer,
  within,
} from '../accounts/scope.ts';
export { addDays, beijingDay, beijingHour, daysBetween, startOfBeijingDay } from '../beijing-time.ts';
export { csv } from '../csv.ts';
export { countsBy, type ReadsById, readsFrom } from '../database/reads-by-id.ts';
export { makeFolderDurably, moveDurably } from '../durable-files.ts';
export { AppError, errors, type FieldProblem } from '../errors.ts';
export { decodeText } from '../files/decode-text.ts';
export { CostsTooMuch, IsolatedWork, type WorkLimits } from '../files/isolated-work.ts';
export { type Cell, type Sheet, type SheetRow, textOf } from '../files/workbook.ts';
export { groupBy } from '../group-by.ts';
export { idField, newId } from '../ids.ts';
export { Kept } from '../kept.ts';
export { type Language, type LocalText, languages, localText } from '../languages.ts';
export { TokenBuckets } from '../limits/token-buckets.ts';
export { isName, isSameName, nameKey, normaliseName } from '../normalise/name.ts';
export { normalisePhone } from '../normalise/phone.ts';
export { placeKey } from '../normalise/place.ts';
export { plainText } from '../normalise/text.ts';
export { byTimeOf, pageAcross, pageOf } from '../page-of.ts';
export { type Enrolment, overseers, type Studied } from '../programmes/enrolments.service.ts';
export {
  type EnrolmentState,
  enrolmentId,
  enrolmentStates,
  type Stage,
  type Subject,
  stages,
  subjects,
} from '../programmes/programme.model.ts';
export { isInTerm, type Programme } from '../programmes/programmes.service.ts';
export type { CommittedChange, CompanionWrite } from '../progress/commit.ts';
export type { ActivityDefinition, KnownMeasure, MeasureDefinition } from '../progress/measures.ts';
export type { Rescoring } from '../progress/progress.model.ts';
export type { RollUp, RollUpDay } from '../progress/roll-ups.service.ts';
export {
  type ComponentScore,
  type Missing,
  type Scheme,
  type SchemeComponent,
  score,
  validateScheme,
} from '../progress/weighted-score.ts';
export type { Organisation, Region } from '../regions/regions.service.ts';
export { SharedReads } from '../shared-reads.ts';
export { type Paging, pagerOf, paging, parse, readForm } from '../web/input.ts';
export { isSitePath } from '../web/site-path.ts';

export const contractVersion = '1.0.0';

/** Facts: what has happened. Announced after the commit; a plugin adds its own by declaration merging. */
export interface Facts {
  /** Enrolments that one group commit created or changed. */
  'progress.committed': CommittedChange[];
  /** The enrolment met every condition of its scheme for the first time. Durable. */
  'progress.qualified': { enrolment: string };
  /** A person's session has ended, or all but one, by signing out or a new password; sessions go by their names. */
  'accounts.signed-out': { person: string } & ({ session: string } | { except: string });
}

/** Services that plugins provide for one another, by plugin id; added by declaration merging. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface Services {}

/** Values that plugins may change on their way, in the order of the plugins; added by declaration merging. */
export interface Filters {
  /** What the learner should do next in an enrolment; the first plugin that knows sets it. */
  'learner.next-step': {
    value: { label: string; href: string } | undefined;
    context: { enrolment: Enrolment; language: Language };
  };
  /** Results of the search in the top bar. */
  search: { value: SearchResult[]; context: { viewer: Viewer; text: string; language: Language } };
  /** Unread messages beside the inbox in the top bar. */
  'inbox.count': { value: number; context: { viewer: Viewer } };
  /** What scopes are called that the core does not know, such as workshops; each plugin adds its own. */
  places: { value: Place[]; context: { scopes: readonly Scope[]; language: Language } };
  /** Figures and states of the operator's health page. */
  health: { value: HealthLine[]; context: { language: Language } };
}

export interface SearchResult {
  label: string;
  detail?: string;
  href: string;
}

export interface HealthLine {
  name: string;
  ok: boolean;
  detail: string;
}

export interface Migration {
  id: string;
  up(db: import('mongoose').mongo.Db): Promise<void>;
}

export type ModelsOf<S extends Record<string, Schema>> = { readonly [K in keyof S]: Model<InferSchemaType<S[K]>> };

export interface PluginDefinition<
  Settings extends z.ZodObject = z.ZodObject,
  Schemas extends Record<string, Schema> = Record<string, Schema>,
> {
  /** The folder's name; prefix of its URLs, locale keys, permissions and collections. */
  id: string;
  /** Range of the contract it was written for; a mismatch stops the start. */
  api: string;
  /** Plugins that it uses. Load order is the topological sort; missing or cyclic stops the start. */
  requires?: readonly (keyof Services & string)[];
  /** Whether it is loaded although nobody named it (`PLUGINS`); without this it is. */
  wanted?: (env: Record<string, string | undefined>) => boolean;
  /** Permission → roles that hold it within the scope of their grant. */
  permissions?: Record<string, readonly Role[]>;
  /** Read from the environment (`<ID>_<KEY>`) before anything is mounted. */
  settings?: Settings;
  /**
   * Collections are named `<id>_<name>`. One that grows with the number of people names its `shardKey`; the order of every list ends
   * in `_id`, and an index holds it (server/database/README.md).
   */
  models?: Schemas;
  migrations?: readonly Migration[];
  measures?: Record<string, MeasureDefinition>;
  activities?: (host: Host<Settings, Schemas>) => Record<string, ActivityDefinition>;
  /** Adds routes, sockets, slots, handlers and jobs; the host is sealed when the start is over. */
  register(host: Host<Settings, Schemas>): void | Promise<void>;
}

/** What pages know of the request; also the locals of every view. */
export interface PageContext {
  viewer: Viewer | undefined;
  language: Language;
  t(key: string, params?: Record<string, unknown>): string;
}

/** Places in core pages that plugins add to. Each part is a view of the plugin with the locals that `data` returns. */
export type SlotPlace =
  | 'home.main'
  | 'home.side'
  | 'enrolment.main'
  | 'enrolment.side'
  | 'programme.main'
  | 'operator.main'
  | 'workshop.side'
  | 'lesson.side';

export interface SlotPart {
  /** View of the plugin, without its ending. */
  view: string;
  /** Smaller comes first; 100 where nothing is said. */
  order?: number;
  /** The view's locals; undefined leaves the part out. */
  data(context: PageContext & { subject: Record<string, unknown> }): Promise<object | undefined>;
}

export interface MenuItem {
  /** Locale key, in the plugin's namespace. */
  label: string;
  href: string;
  /** Name of a Tabler outline icon. */
  icon: string;
  /** Roles that see it. */
  roles: readonly Role[];
  order: number;
}

/** An operation of `/api/v1`; also its description in `/api/v1/openapi.json`. */
export interface ApiOperation<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below `/api/v1/<id>`, parameters as `:name`. */
  path: string;
  summary: string;
  params?: P;
  query?: Q;
  body?: B;
  response: R;
  /** Anybody may call it; otherwise a signed-in viewer is required. */
  open?: boolean;
  handle(input: {
    params: z.output<P>;
    query: z.output<Q>;
    body: z.output<B>;
    viewer: Viewer;
    language: Language;
    /** Where the request came from, for limits of open operations. */
    address: string;
    /** Name of the signed-in session, which is not its id. */
    session: string;
  }): Promise<z.input<R>>;
}

/** A message of a socket that gets an answer; errors answer `{ error: { code, message } }`. */
export interface SocketMessage<B extends z.ZodType> {
  name: string;
  body: B;
  handle(body: z.output<B>, socket: SocketContext): Promise<unknown>;
}

export interface SocketContext {
  /** Changes with every connection. */
  id: string;
  viewer: Viewer;
  /** Name of the signed-in session, which is not its id. */
  session: string;
  language: Language;
  /** Where the connection came from. */
  address: string;
  /** Sends to this socket alone. */
  send(event: string, value: unknown): void;
  /** Sends to every socket of this person in the plugin's namespace, on every server process. */
  sendToPerson(event: string, value: unknown): void;
  onClose(handler: () => void): void;
}

export interface JobOptions {
  /** Interval such as `30 seconds`, or a cron line in Beijing time. */
  every?: string;
}

export interface Host<
  Settings extends z.ZodObject = z.ZodObject,
  Schemas extends Record<string, Schema> = Record<string, Schema>,
> {
  readonly id: string;
  readonly settings: z.output<Settings>;
  readonly models: ModelsOf<Schemas>;
  readonly log: Logger;
  /** The clock that what people do is judged by, epoch ms. */
  now(): number;
  /** Folder of the plugin's own files, made on first use. */
  readonly files: string;
  /** Public address of the platform, without a slash at its end. */
  readonly publicUrl: string;

  readonly accounts: Accounts;
  readonly audit: Audit;
  readonly regions: Regions;
  readonly programmes: Programmes;
  readonly enrolments: Enrolments;
  readonly progress: Progress;
  readonly transaction: Transaction;
  /** Reads spreadsheets and text tables that people send. */
  readonly workbooks: Pick<Workbooks, 'read'>;

  /** Roles that hold a permission of this plugin. */
  rolesFor(permission: string): readonly Role[];
  /** Refuses requests whose viewer holds the permission nowhere: 401 or 404. */
  allow(permission: string): RequestHandler;
  /** Refuses requests without a signed-in viewer. */
  readonly signedIn: RequestHandler;

  /** A router at `/<id>`; session, CSRF, locale, 404 and errors are the core's. */
  readonly routes: Router;
  /** Adds an operation below `/api/v1/<id>`. */
  api<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
    operation: ApiOperation<P, Q, B, R>,
  ): void;
  /** Adds a message to the namespace `/<id>`, whose sockets are signed in. */
  socket<B extends z.ZodType>(message: SocketMessage<B>): void;
  /** Adds an entry to the side menu. */
  menu(item: MenuItem): void;
  /** Adds a public page to the foot of every page. */
  footer(link: Pick<MenuItem, 'label' | 'href'>): void;
  /** Where people with one of these roles land after sign-in; the smallest order wins. */
  landing(page: { roles: readonly Role[]; href: string; order: number }): void;
  slot(place: SlotPlace, part: SlotPart): void;

  on<K extends keyof Facts>(fact: K, handler: (value: Facts[K]) => void | Promise<void>): void;
  /** Handles a durable fact at least once, also across restarts: the handler must bear repetition. */
  onDurable<K extends keyof Facts>(fact: K, handler: (value: Facts[K]) => Promise<void>): void;
  emit<K extends keyof Facts>(fact: K, value: Facts[K]): void;
  filter<K extends keyof Filters>(
    name: K,
    transform: (
      value: Filters[K]['value'],
      context: Filters[K]['context'],
    ) => Filters[K]['value'] | Promise<Filters[K]['value']>,
  ): void;
  apply<K extends keyof Filters>(
    name: K,
    value: Filters[K]['value'],
    context: Filters[K]['context'],
  ): Promise<Filters[K]['value']>;
  provide<K extends keyof Services>(service: Services[K]): void;
  /** @throws where the plugin is not in `requires` */
  use<K extends keyof Services>(id: K): Services[K];
  /** The service of a plugin that may be absent, once all have registered. */
  tryUse<K extends keyof Services>(id: K): Services[K] | undefined;

  /**
   * Sends to everybody in a room, coalesced to one message a second; a function is called when it is sent.
   * @returns whether anybody may be there
   */
  publish(room: string, event: string, value: unknown | (() => Promise<unknown>)): boolean;
  /** Says who may join rooms of a pattern such as `lesson:*`; the part after the colon is given to `may`. */
  allowRoom(kind: string, may: (viewer: Viewer, id: string) => boolean | Promise<boolean>): void;

  /** Adds a figure to `/metrics`, as `xuefang_<id>_<name>`; it is read at every scrape and names nobody. */
  metric<V extends string>(metric: Metric<V>): void;

  /** A short keyed hash, the same on every server process: to recognise something, such as an address, without keeping it. */
  fingerprint(text: string): string;

  readonly jobs: {
    define<T extends object>(name: string, handler: (data: T) => Promise<void>, options?: JobOptions): void;
    /** Runs the job soon, in the background. */
    now<T extends object>(name: string, data: T): Promise<void>;
  };

  /** Texts in the plugin's namespace (`key`) or another's (`ns:key`). */
  translate(language: Language): (key: string, params?: Record<string, unknown>) => string;
  /** Runs when everything is registered and listening. */
  onStart(handler: () => Promise<void>): void;
  onStop(handler: () => Promise<void>): void;
}

/** Declares a plugin; does nothing else. */
export function definePlugin<Settings extends z.ZodObject, Schemas extends Record<string, Schema>>(
  definition: PluginDefinition<Settings, Schemas>,
): PluginDefinition<Settings, Schemas> {
  return definition;
}

export type { Logger } from 'pino';
export type AnyPlugin = PluginDefinition<z.ZodObject, Record<string, Schema>>;
