import { definePlugin } from '#platform';
import { addApi } from './deliveries.api.ts';
import { addPages } from './deliveries.routes.ts';
import { Deliveries, type RegistryState } from './deliveries.service.ts';
import { deliverySchema, deliveryStates, numberSchema } from './delivery.model.ts';
import { httpAdapter } from './http-adapter.ts';
import { migrations } from './migrations.ts';
import { Sender } from './sender.ts';
import { settings } from './settings.ts';

declare module '#platform' {
  interface Services {
    registry: {
      stateOf(enrolment: string): Promise<RegistryState>;
      /** What the registry accepted from a moment on, for those who may have missed the fact. */
      acceptedSince(at: Date): AsyncIterable<{ enrolment: string; number: string }>;
    };
  }
  interface Facts {
    /** The registry holds the enrolment's hours. Told once, and not again after a crash: see `acceptedSince`. */
    'registry.accepted': { enrolment: string; number: string };
  }
}

export default definePlugin({
  id: 'registry',
  api: '^1.0.0',
  permissions: {
    view: ['provider-manager', 'city-bureau', 'province', 'operator'],
    retry: ['provider-manager', 'operator'],
  },
  settings,
  models: { deliveries: deliverySchema, numbers: numberSchema },
  migrations,
  register(host) {
    const deliveries = new Deliveries(host);
    const { url, key, timeoutMs } = host.settings;
    const sender = url && key ? new Sender(host, httpAdapter({ url, key, timeoutMs })) : undefined;

    host.provide<'registry'>({
      stateOf: (enrolment) => deliveries.stateOf(enrolment),
      acceptedSince: (at) => deliveries.acceptedSince(at),
    });
    host.onDurable('progress.qualified', async ({ enrolment }) => {
      await deliveries.create(enrolment);
      host.publish(`enrolment:${enrolment}`, 'registry', { state: 'pending' });
      sender?.wake();
    });
    host.onStart(async () => sender?.wake());
    host.onStop(async () => sender?.stop());
    host.metric({
      name: 'deliveries',
      help: 'Records of hours by state',
      kind: 'gauge',
      label: { name: 'state', values: deliveryStates },
      read: () => deliveries.counts(),
    });
    addPages(host, deliveries, () => sender?.wake());
    addApi(host, deliveries, () => sender?.wake());
  },
});
