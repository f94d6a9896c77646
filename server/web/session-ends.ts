import type { Grant } from '../accounts/scope.ts';

/** How long a sign-in lasts, in milliseconds. */
export interface SessionLife {
  /** Without use. */
  idleMs: number;
  /** Whatever is done with it. */
  wholeMs: number;
}

export type SessionLives = Record<'learner' | 'staff' | 'operator', SessionLife>;

/** The shortest life of those that the person's roles have: who sees lists of others is signed out sooner. */
export function lifeOf(grants: readonly Pick<Grant, 'role'>[], lives: SessionLives): SessionLife {
  const lived = grants.map(({ role }) => (role === 'learner' || role === 'operator' ? lives[role] : lives.staff));
  return {
    idleMs: Math.min(...[lives.learner, ...lived].map(({ idleMs }) => idleMs)),
    wholeMs: Math.min(...[lives.learner, ...lived].map(({ wholeMs }) => wholeMs)),
  };
}

/** Until when a sign-in is good that is used now, epoch ms; one without a beginning has ended. */
export function endOf(signedInAt: number | undefined, now: number, { idleMs, wholeMs }: SessionLife): number {
  return signedInAt === undefined ? 0 : Math.min(now + idleMs, signedInAt + wholeMs);
}
