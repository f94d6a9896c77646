import { z } from 'zod';
import { signInForm } from '../accounts/accounts.routes.ts';
import type { Departures } from '../accounts/departures.ts';
import type { Proofs } from '../accounts/proofs.ts';
import type { Api } from './api.ts';
import type { createSessions } from './sessions.ts';

interface Deps {
  sessions: ReturnType<typeof createSessions>;
  proofs: Proofs;
  departures: Departures;
}

/** Signing in and out for programs: the session cookie, and the token that every change has to carry. */
export function sessionApi(api: Api, { sessions, proofs, departures }: Deps): void {
  api.add('session', {
    method: 'get',
    path: '/',
    summary: 'The token to send as `X-CSRF-Token` with every change',
    open: true,
    response: z.object({ csrf: z.string(), signedIn: z.boolean() }),
    handle: async ({ request }) => ({ csrf: request.csrf(), signedIn: Boolean(request.viewer) }),
  });

  api.add('session', {
    method: 'post',
    path: '/',
    summary: 'Signs in with an account name, phone or ID number; the session gets a new token',
    open: true,
    body: signInForm,
    response: z.object({ id: z.string(), name: z.string(), csrf: z.string() }),
    handle: async ({ body, request, response }) => {
      const { login } = body as z.output<typeof signInForm>;
      const viewer = await proofs.signIn(request, response, login, () => sessions.signIn(request, response));
      return { id: viewer.id, name: viewer.name, csrf: request.csrf() };
    },
  });

  api.add('session', {
    method: 'delete',
    path: '/',
    summary: 'Signs out and ends the sockets of the session',
    response: z.object({ ok: z.boolean() }),
    handle: async ({ request, response, viewer }) => {
      const { sessionID = '' } = request;
      await sessions.leave(request, response);
      departures.of(viewer.id, sessionID);
      await proofs.signedOut(request, viewer);
      return { ok: true };
    },
  });
}
