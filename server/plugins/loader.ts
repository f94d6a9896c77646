import type { Router } from 'express';
import type { Measures } from '../progress/measures.ts';
import { contractVersion, type Host } from './contract.ts';
import type { FoundPlugin } from './discover.ts';
import { createHost, type OpenHost, type Rooms } from './host.ts';
import { loadOrder } from './load-order.ts';

/** The plugins of a running platform. */
export interface LoadedPlugins {
  /** id → routes, in load order */
  routes: Map<string, Router>;
  /** id → contract range, for the operator. */
  versions: { id: string; api: string; requires: readonly string[] }[];
  /** Seals every host, then runs the start handlers in load order. */
  start(): Promise<void>;
  /** Runs the stop handlers against load order; one that fails is logged and does not keep the rest. */
  stop(): Promise<void>;
}

/** The found plugins in the order in which they load. @throws Error where they do not fit together */
export function orderPlugins(found: readonly FoundPlugin[]): FoundPlugin[] {
  const order = loadOrder(
    found.map((plugin) => plugin.definition),
    contractVersion,
  );
  return order.map((definition) => found.find((plugin) => plugin.definition === definition) as FoundPlugin);
}

/** Registers every plugin, in order, on hosts of its own, which are put into `hosts`. */
export async function loadPlugins(
  ordered: readonly FoundPlugin[],
  rooms: Rooms,
  measures: Measures,
  hosts: Map<string, Host>,
): Promise<LoadedPlugins> {
  const open: OpenHost[] = [];
  for (const { definition } of ordered) {
    const opened = createHost(definition, rooms);
    open.push(opened);
    hosts.set(definition.id, opened.host);
    for (const [name, measure] of Object.entries(definition.measures ?? {}))
      measures.addMeasure(definition.id, name, measure);
    for (const [kind, activity] of Object.entries(definition.activities?.(opened.host) ?? {})) {
      measures.addActivity(definition.id, kind, activity);
    }
    await definition.register(opened.host);
  }
  return {
    routes: new Map(open.map(({ host, routes }) => [host.id, routes])),
    versions: ordered.map(({ definition: { id, api, requires = [] } }) => ({ id, api, requires })),
    async start() {
      for (const { seal } of open) seal();
      for (const { started } of open) for (const handler of started) await handler();
    },
    async stop() {
      for (const { stopped, host } of [...open].reverse()) {
        for (const handler of stopped) await handler().catch((error) => host.log.error({ err: error }, 'stop failed'));
      }
    },
  };
}
