import { join } from 'node:path';
import { Router } from 'express';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Accounts } from '../accounts/accounts.service.ts';
import type { Audit } from '../accounts/audit.ts';
import { holds, type Role } from '../accounts/scope.ts';
import { makeFolderDurably } from '../durable-files.ts';
import { errors } from '../errors.ts';
import type { Workbooks } from '../files/workbooks.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { pluginModels } from '../models.ts';
import type { Enrolments } from '../programmes/enrolments.service.ts';
import type { Programmes } from '../programmes/programmes.service.ts';
import type { Progress } from '../progress/progress.service.ts';
import { serveMessages } from '../realtime/messages.ts';
import type { Realtime } from '../realtime/realtime.ts';
import type { Regions } from '../regions/regions.service.ts';
import type { Transaction } from '../transaction.ts';
import type { Api, Operation } from '../web/api.ts';
import type { Locales } from '../web/locale.ts';
import type { Menu } from '../web/menu.ts';
import type { Pages } from '../web/pages.ts';
import type { AnyPlugin, Host, Services, SocketMessage } from './contract.ts';
import type { FactBus } from './facts.ts';
import type { FilterChain } from './filters.ts';
import { readSettings } from './settings.ts';

/** The rooms of the core that hosts hand on to plugins. */
export interface Rooms {
  now(): number;
  env: Record<string, string | undefined>;
  dataDir: string;
  publicUrl(): string;
  fingerprint(text: string): string;
  log: Logger;
  connection: Connection;
  accounts: Accounts;
  audit: Audit;
  regions: Regions;
  programmes: Programmes;
  enrolments: Enrolments;
  progress: Progress;
  transaction: Transaction;
  workbooks: Workbooks;
  facts: FactBus;
  filters: FilterChain;
  services: Map<string, unknown>;
  realtime: Realtime;
  jobs: Jobs;
  pages: Pages;
  menu: Menu;
  api: Api;
  locales: Locales;
  metrics: Metrics;
}

/** A host with what the loader needs of it. */
export interface OpenHost {
  host: Host;
  routes: Router;
  started: (() => Promise<void>)[];
  stopped: (() => Promise<void>)[];
  /** After this nothing can be added any more. */
  seal(): void;
}

/** The part of the contract that is a plugin's own; sealed when the start is over. */
export function createHost(plugin: AnyPlugin, rooms: Rooms): OpenHost {
  const { id } = plugin;
  const routes = Router();
  const started: (() => Promise<void>)[] = [];
  const stopped: (() => Promise<void>)[] = [];
  const messages: SocketMessage<z.ZodType>[] = [];
  let sealed = false;
  const open = () => {
    if (sealed) throw new Error(`plugin "${id}" tried to add to the platform after the start`);
  };
  const log = rooms.log.child({ plugin: id });
  const rolesFor = (permission: string): readonly Role[] => {
    const allowed = plugin.permissions?.[permission];
    if (!allowed) throw new Error(`plugin "${id}" has no permission "${permission}"`);
    return allowed;
  };

  const host: Host = {
    id,
    settings: readSettings(plugin, rooms.env),
    models: pluginModels(plugin, rooms.connection) as unknown as Host['models'],
    log,
    now: rooms.now,
    get files() {
      const folder = join(rooms.dataDir, 'files', id);
      makeFolderDurably(folder);
      return folder;
    },
    get publicUrl() {
      return rooms.publicUrl();
    },
    accounts: rooms.accounts,
    audit: rooms.audit,
    regions: rooms.regions,
    programmes: rooms.programmes,
    enrolments: rooms.enrolments,
    progress: rooms.progress,
    transaction: rooms.transaction,
    workbooks: rooms.workbooks,
    rolesFor,
    allow: (permission) => {
      const allowed = rolesFor(permission);
      return (request, _response, next) => {
        if (!request.viewer) return next(errors.signInRequired());
        next(holds(request.viewer, allowed) ? undefined : errors.notFound());
      };
    },
    signedIn: (request, _response, next) => next(request.viewer ? undefined : errors.signInRequired()),
    routes,
    api: (operation) => {
      open();
      rooms.api.add(id, operation as unknown as Operation);
    },
    socket: (message) => {
      open();
      if (messages.length === 0) serveNamespace();
      messages.push(message as unknown as SocketMessage<z.ZodType>);
    },
    menu: (item) => {
      open();
      rooms.menu.add({ ...item, label: item.label.includes(':') ? item.label : `${id}:${item.label}` });
    },
    footer: ({ label, href }) => {
      open();
      rooms.menu.addFooter({ label: `${id}:${label}`, href });
    },
    landing: (page) => {
      open();
      rooms.menu.addLanding(page);
    },
    slot: (place, part) => {
      open();
      rooms.pages.addSlot(id, place, part);
    },
    on: (fact, handler) => {
      open();
      rooms.facts.on(id, fact, handler);
    },
    onDurable: (fact, handler) => {
      open();
      rooms.facts.onDurable(id, fact, handler);
    },
    emit: (fact, value) => rooms.facts.emit(fact, value),
    filter: (name, transform) => {
      open();
      rooms.filters.add(name, transform);
    },
    apply: (name, value, context) => rooms.filters.apply(name, value, context),
    provide: (service) => {
      open();
      rooms.services.set(id, service);
    },
    use: (other) => {
      if (!plugin.requires?.includes(other)) throw new Error(`plugin "${id}" uses "${other}" without requiring it`);
      return serviceOf(other) ?? fail(`plugin "${other}" provides no service`);
    },
    tryUse: (other) => serviceOf(other),
    publish: (room, event, value) => rooms.realtime.publish(room, event, value),
    allowRoom: (kind, may) => {
      open();
      rooms.realtime.allow(kind, may);
    },
    fingerprint: (text) => rooms.fingerprint(`${id} ${text}`),
    jobs: {
      define: (name, handler, options) => {
        open();
        rooms.jobs.define(`${id}.${name}`, handler, options?.every);
      },
      now: (name, data) => rooms.jobs.now(`${id}.${name}`, data),
    },
    metric: (metric) => {
      open();
      rooms.metrics.add({ ...metric, name: `${id.replaceAll('-', '_')}_${metric.name}` });
    },
    translate: (language) => rooms.locales.translator(language, id),
    onStart: (handler) => {
      open();
      started.push(handler);
    },
    onStop: (handler) => {
      open();
      stopped.push(handler);
    },
  };

  function serviceOf<K extends keyof Services>(other: K): Services[K] | undefined {
    return rooms.services.get(other) as Services[K] | undefined;
  }

  function serveNamespace(): void {
    const deps = { log, locales: rooms.locales, refused: rooms.realtime.fault, turns: rooms.realtime.turns };
    rooms.realtime.namespace(`/${id}`).on('connection', (socket) => {
      serveMessages(socket, messages, deps);
    });
  }

  const seal = () => {
    sealed = true;
  };
  return { host, routes, started, stopped, seal };
}

function fail(message: string): never {
  throw new Error(message);
}
