import type { Socket } from 'socket.io-client';
import type { Client } from '../../support/client.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';
import { lesson, studyPlugin } from './study-plugin.ts';

export interface Scene extends TestPlatform {
  /** A workshop of the fixtures' programme with its moderator, signed in. */
  workshop(name?: string): Promise<{ id: string; moderator: { id: string; login: string; client: Client } }>;
  /** A learner in a workshop. */
  member(workshop: string, name?: string): Promise<{ id: string; login: string; name: string; enrolment: string }>;
  /** Somebody of a bureau, signed in: the city's where no region is given. */
  manager(region?: string): Promise<Client>;
  /** Records seconds of a lesson. */
  study(enrolment: string, id: string, seconds: number, at?: number): Promise<unknown>;
}

/** The application with workshops, messages and something to study. */
export async function startScene(): Promise<Scene> {
  const platform = await startTestPlatform({ plugins: ['messages', 'workshops'], extra: [studyPlugin] });
  const workshops = () => platform.host('workshops').tryUse('workshops')!;
  const { progress } = platform.platform.rooms;
  return {
    ...platform,
    async workshop(name = '高中语文工作坊') {
      const person = await platform.person({ name: '坊主甲' });
      const id = await workshops().create({
        programme: platform.programme,
        name: { zh: name, en: 'Senior Chinese' },
        stage: 'senior',
        subject: 'chinese',
        moderator: person.id,
      });
      return { id, moderator: { ...person, client: await platform.signIn(person.login) } };
    },
    async member(workshop, name) {
      const learner = await platform.learner(name ? { name } : {});
      await progress.setWorkshop(learner.enrolment._id, workshop);
      return { ...learner, enrolment: learner.enrolment._id };
    },
    async manager(region = platform.regions.city) {
      const { login } = await platform.person({ grants: [{ role: 'city-bureau', scope: `region:${region}` }] });
      return platform.signIn(login);
    },
    study: (enrolment, id, seconds, at = Date.now()) =>
      progress.record({ enrolment, values: { [lesson(id)]: seconds }, at }),
  };
}

/** Everything that a room is told of an event until `enough` says so. */
export function heard<T>(socket: Socket, event: string, enough: (value: T) => boolean = () => true): Promise<T> {
  return new Promise((resolve) => {
    const listen = (update: { values: Record<string, T> }) => {
      const value = update.values[event];
      if (value === undefined || !enough(value)) return;
      socket.off('update', listen);
      resolve(value);
    };
    socket.on('update', listen);
  });
}
