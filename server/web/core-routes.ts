import type { Router } from 'express';
import { accountRoutes } from '../accounts/accounts.routes.ts';
import { Departures } from '../accounts/departures.ts';
import { KnownBrowsers } from '../accounts/known-browsers.ts';
import { peopleRoutes } from '../accounts/people.routes.ts';
import { Places } from '../accounts/places.ts';
import { Proofs } from '../accounts/proofs.ts';
import { Throttle } from '../accounts/throttle.ts';
import type { Health } from '../metrics/health.ts';
import type { Rooms } from '../plugins/host.ts';
import type { EnrolmentAccess } from '../programmes/enrolment-access.ts';
import { programmeRoutes } from '../programmes/programmes.routes.ts';
import type { Measures } from '../progress/measures.ts';
import type { Rescorings } from '../progress/rescorings.service.ts';
import { coreApi } from './core-api.ts';
import { homeRoutes } from './home.routes.ts';
import { operatorRoutes } from './operator.routes.ts';
import { sessionApi } from './session-api.ts';
import type { createSessions } from './sessions.ts';
import { setupRoutes } from './setup.routes.ts';
import { Setup } from './setup.service.ts';
import { setupApi } from './setup-api.ts';
import { tasksRoutes } from './tasks.routes.ts';

interface Own {
  sessions: ReturnType<typeof createSessions>;
  access: EnrolmentAccess;
  measures: Measures;
  rescorings: Rescorings;
  plugins: { id: string; api: string; requires: readonly string[] }[];
  health: Health;
  isFirstOperatorToken(token: string): boolean;
  /** Key material. */
  secret: Buffer;
}

/** The core's own pages, in the order in which addresses are looked up, and its part of the API. */
export function coreRoutes(rooms: Rooms, own: Own): Router[] {
  const { connection, api } = rooms;
  const setup = new Setup(rooms);
  const deps = {
    ...rooms,
    ...own,
    setup,
    proofs: new Proofs({
      ...rooms,
      throttle: new Throttle(connection, own.secret),
      browsers: new KnownBrowsers(own.secret),
      cookies: own.sessions.cookies,
    }),
    places: new Places(rooms),
    departures: new Departures(rooms),
  };
  coreApi(api, deps);
  setupApi(api, setup);
  sessionApi(api, deps);
  return [
    accountRoutes(deps),
    peopleRoutes(deps),
    homeRoutes(deps),
    // Before `/programmes/:id`, which `/programmes/new` is not.
    setupRoutes(deps),
    programmeRoutes(deps),
    operatorRoutes(deps),
    tasksRoutes(deps),
  ];
}
