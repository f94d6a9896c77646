import { expect } from 'chai';
import { type Arena, type Attacker, lessonSeconds, openArena } from './arena.ts';

const refusedBeats = 'xuefang_video_courses_beats_refused_total';
const uncredited = 'xuefang_video_courses_seconds_uncredited_total';

/** Sends a report one way or the other. @returns the answer's value, or its error */
type Send = (beats: unknown, more?: object) => Promise<Record<string, unknown>>;
interface Attack {
  name: string;
  run(attacker: Attacker, send: Send, arena: Arena): Promise<void>;
  /** How many beats are refused for which reason. */
  refused?: Record<string, number>;
  /** Seconds of accepted beats that earn nothing, by reason. */
  uncredited?: Record<string, number> | 'any';
}

const range = (from: number, to: number): [number, number] => [from, to];

const attacks: Attack[] = [
  {
    name: 'replays one beat a hundred times',
    async run(attacker, send) {
      const { at, seq } = attacker;
      const same = { seq, ranges: [range(at - 5, at)], rate: 1 };
      for (let n = 0; n < 10; n += 1) await send(Array.from({ length: 10 }, () => same));
    },
    refused: { sequence: 100 },
  },
  {
    name: 'replays the whole session as new beats',
    async run(attacker, send) {
      attacker.clock.now += 5_000;
      await send([attacker.beat([range(0, attacker.at)])]);
    },
    uncredited: { 'already-credited': 10 },
  },
  {
    name: 'claims a whole lesson at once',
    async run(attacker, send) {
      attacker.clock.now += 5_000;
      attacker.played += 5;
      await send([attacker.beat([range(attacker.at, lessonSeconds)])]);
    },
    uncredited: { 'too-fast': lessonSeconds - 15 },
  },
  {
    name: 'claims more than the lesson has',
    async run(attacker, send) {
      await send([attacker.beat([range(lessonSeconds - 1, lessonSeconds + 100)])]);
    },
    uncredited: { 'beyond-length': 100, 'seek-ahead': 1 },
  },
  {
    name: 'plays the last minute first',
    async run(attacker, send) {
      attacker.clock.now += 10_000;
      await send([attacker.beat([range(2600, 2610)])]);
    },
    uncredited: { 'seek-ahead': 10 },
  },
  {
    name: 'sends a year of beats from the future',
    async run(attacker, send) {
      const soon = attacker.clock.now;
      const beats = Array.from({ length: 100 }, (_, n) =>
        attacker.beat([range(attacker.at + n * 5, attacker.at + n * 5 + 5)], { sentAt: soon + n * 86_400_000 * 4 }),
      );
      await send(beats);
    },
    uncredited: { 'too-fast': 5, 'seek-ahead': 495 },
  },
  {
    name: 'sends beats from the past',
    async run(attacker, send) {
      const past = attacker.clock.now - 86_400_000;
      for (let n = 0; n < 5; n += 1)
        await send([attacker.beat([range(attacker.at, attacker.at + 5)], { sentAt: past + n * 5_000 })]);
    },
    uncredited: { 'too-fast': 25 },
  },
  {
    name: 'claims the same seconds in overlapping ranges',
    async run(attacker, send) {
      attacker.clock.now += 5_000;
      attacker.played += 5;
      const { at } = attacker;
      await send([attacker.beat([range(at, at + 5), range(at, at + 5), range(at + 1, at + 4)])]);
    },
    uncredited: { 'already-credited': 8 },
  },
  {
    name: 'claims negative and reversed ranges',
    async run(attacker, send) {
      attacker.clock.now += 5_000;
      for (const [from, to] of [range(-10, 5), range(20, 12), range(-5, -1), range(12, -12)])
        await send([{ ...attacker.beat([range(from, to)]), seq: attacker.seq }]);
    },
    refused: { malformed: 4 },
  },
  {
    name: 'counts wrongly: zero, negative, broken and enormous sequence numbers',
    async run(attacker, send) {
      attacker.clock.now += 5_000;
      const ranges = [range(attacker.at, attacker.at + 5)];
      for (const seq of [0, -1, 1]) await send([{ seq, ranges, rate: 1 }]);
      for (const seq of [1.5, 2 ** 53, 1e308]) await send([{ seq, ranges, rate: 1 }]);
    },
    refused: { sequence: 3, malformed: 3 },
  },
  {
    name: 'plays at rates that are none',
    async run(attacker, send) {
      attacker.clock.now += 5_000;
      for (const rate of [0, -1, 17, 1e308])
        await send([attacker.beat([range(attacker.at, attacker.at + 5)], { rate })]);
    },
    refused: { malformed: 4 },
  },
  {
    name: 'uses a token that is none, or of another session of its own',
    async run(attacker, send) {
      attacker.clock.now += 5_000;
      const { token } = attacker;
      await send([attacker.beat([range(10, 15)])], { token: 'guessed' });
      await attacker.start({ takeover: true });
      await attacker.start({ takeover: true });
      await send([attacker.beat([range(10, 15)])], { token });
    },
    refused: { token: 2 },
  },
  {
    name: 'reports for a lesson that it is not playing, and for one of another programme',
    async run(attacker, send, { lessons, foreignLesson }) {
      attacker.clock.now += 5_000;
      for (const lesson of [lessons[1], foreignLesson, 'none']) await send([attacker.beat([range(0, 5)])], { lesson });
    },
    refused: { token: 3 },
  },
  {
    name: 'reports for an enrolment that is not its own',
    async run(attacker, send, arena) {
      const victim = await arena.attacker();
      attacker.clock.now += 5_000;
      const answer = await send([attacker.beat([range(10, 15)])], { enrolment: victim.learner.enrolment._id });
      expect(answer.error).to.include({ code: 'core:not-found' });
      await victim.expectTruth();
    },
    refused: { 'not-enrolled': 1 },
  },
  {
    name: 'uses the token of somebody who is playing',
    async run(_attacker, send, arena) {
      const victim = await arena.attacker();
      await victim.start();
      await victim.play();
      const beats = [{ seq: 2, ranges: [range(5, 10)], rate: 1 }];
      await send(beats, { token: victim.token });
      const both = { token: victim.token, enrolment: victim.learner.enrolment._id };
      expect((await send(beats, both)).error).to.include({ code: 'core:not-found' });
      await victim.play();
      await victim.expectTruth();
    },
    refused: { token: 1, 'not-enrolled': 1 },
  },
  {
    name: 'cuts a second into thousands of segments',
    async run(attacker, send) {
      attacker.clock.now += 5_000;
      attacker.played += 5;
      const beats = Array.from({ length: 60 }, (_, n) =>
        attacker.beat(Array.from({ length: 32 }, (_, m) => range(10 + (n * 32 + m) / 50, 10 + (n * 32 + m + 1) / 50))),
      );
      await send(beats);
    },
    uncredited: 'any',
  },
  {
    name: 'sends more ranges than a beat may have',
    async run(attacker, send) {
      attacker.clock.now += 5_000;
      const ranges = Array.from({ length: 33 }, (_, n) => range(10 + n / 10, 10 + n / 10 + 0.01));
      await send([attacker.beat(ranges)]);
    },
    refused: { malformed: 1 },
  },
];

describe('hostile beats', function () {
  this.timeout(60_000);
  let arena: Arena;
  before(async () => {
    arena = await openArena();
  });
  after(() => arena.stop());

  for (const way of ['HTTP', 'a socket'] as const) {
    for (const attack of attacks) {
      it(`over ${way}: ${attack.name}, and has what was truly played`, async () => {
        const attacker = await arena.attacker();
        await attacker.start();
        await attacker.play();
        await attacker.play();
        const mark = await arena.mark();
        await attack.run(attacker, await sender(attacker, way), arena);
        await attacker.expectTruth();
        expect(await arena.since(mark, refusedBeats), 'refused').to.deep.equal(attack.refused ?? {});
        const lost = await arena.since(mark, uncredited);
        if (attack.uncredited !== 'any') expect(lost, 'not credited').to.deep.equal(attack.uncredited ?? {});
      });
    }
  }

  const sender = async (attacker: Attacker, way: 'HTTP' | 'a socket'): Promise<Send> => {
    if (way === 'HTTP') return async (beats, more) => (await attacker.send(beats, more)).body;
    const socket = await attacker.socket();
    return async (beats, more) => {
      const answer = await socket.emitWithAck('beat', attacker.report(beats, more));
      return answer.value ?? answer;
    };
  };
});
