import type { Connection, Schema } from 'mongoose';
import { beijingDay } from '../../../server/beijing-time.ts';
import { enrolmentSchema } from '../../../server/programmes/programme.model.ts';
import { rollUpDaySchema, rollUpSchema } from '../../../server/progress/progress.model.ts';
import { RollUps } from '../../../server/progress/roll-ups.service.ts';
import type { Place } from './place.ts';
import type { Player } from './player.ts';

export interface Balance {
  /** Whole seconds: what the players played and were answered for, and what stands in the enrolments. */
  simulated: number;
  credited: number;
  /** Learners whose enrolment or session differs from the simulation, to the second and the millisecond. */
  differing: number;
  /** Scopes whose roll-up differs from the sum of the enrolments, and days that do from the ledger. */
  rollUpsDiffering: number;
  equal: boolean;
}

/** Compares what the database holds with the simulation's own ledger, and the roll-ups with what they sum up. */
export async function balance(connection: Connection, place: Place, players: readonly Player[]): Promise<Balance> {
  const activity = `video-courses/lesson/${place.lesson}`;
  const values = new Map<string, number>();
  const enrolments = connection.collection<{ _id: string; values: Record<string, { value: number }> }>('enrolments');
  for await (const { _id, values: of } of enrolments.find({}, { projection: { [`values.${activity}`]: 1 } })) {
    const value = of?.[activity]?.value;
    if (value !== undefined) values.set(_id, value);
  }
  const covered = new Map<string, number[]>();
  const sessions = connection.collection<{ _id: string; record: { covered: number[] } }>('video_courses_sessions');
  for await (const { _id, record } of sessions.find({}, { projection: { 'record.covered': 1 } })) {
    covered.set(_id, record.covered);
  }
  let [simulated, credited, differing] = [0, 0, 0];
  for (const { seat, answered } of players) {
    const seconds = Math.floor(answered / 1000);
    simulated += seconds;
    credited += values.get(seat.enrolment) ?? 0;
    const stored = covered.get(seat.learner) ?? [];
    const whole = answered === 0 ? stored.length === 0 : stored.length === 2 && stored[1] === answered;
    if (!whole || (values.get(seat.enrolment) ?? 0) !== seconds) differing += 1;
  }
  const inAll = [...values.values()].reduce((sum, value) => sum + value, 0);
  const rollUpsDiffering = await differingRollUps(connection, place, inAll);
  const equal = differing === 0 && rollUpsDiffering === 0 && simulated === credited;
  return { simulated, credited, differing, rollUpsDiffering, equal };
}

async function differingRollUps(connection: Connection, { programme }: Place, credited: number): Promise<number> {
  const model = (name: string, schema: Schema) => connection.models[name] ?? connection.model(name, schema, name);
  const rollUps = new RollUps({
    enrolments: model('enrolments', enrolmentSchema),
    rollUps: model('roll_ups', rollUpSchema),
    rollUpDays: model('roll_up_days', rollUpDaySchema),
  } as never);
  const wrong = await rollUps.verify(programme);
  const today = beijingDay(Date.now());
  const [days = []] = await rollUps.days(programme, [{ scope: `programme:${programme}`, from: today, to: today }]);
  const measured = days.reduce((sum, { measures }) => sum + (measures['video-courses/seconds'] ?? 0), 0);
  return wrong.length + (measured === credited ? 0 : 1);
}
