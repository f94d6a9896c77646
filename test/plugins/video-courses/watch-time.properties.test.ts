import { expect } from 'chai';
import fc from 'fast-check';
import type { Beat } from '../../../plugins/video-courses/beat.ts';
import { answerPresence, askPresence } from '../../../plugins/video-courses/presence.ts';
import { addRange, lengthOf, subtract } from '../../../plugins/video-courses/ranges.ts';
import { Learner, NOON, RULES } from './watch-support.ts';

const position = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 0, max: 400, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e308, -1, -0, 1e-308, 300, 999_999) },
);
const span = fc
  .oneof(
    { weight: 3, arbitrary: fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 30 })) },
    { weight: 1, arbitrary: fc.tuple(position, position) },
  )
  .map(([from, length]): [number, number] => [from, from + length]);
/** What a hostile client may send, and how long after the beat before. */
const hostile = fc.record({
  wait: fc.oneof(fc.integer({ min: 0, max: 6000 }), fc.integer({ min: -30_000, max: 2_000_000 })),
  ranges: fc.array(fc.oneof(span, fc.tuple(position, position)), { maxLength: 5 }),
  rate: fc.constantFrom(1, 1, 1, 2, 0.75, 0, Number.NaN),
  seqStep: fc.constantFrom(1, 1, 1, 1, 2, 0, -1),
  sentAt: fc.option(fc.oneof(fc.integer({ min: 0, max: 1e7 }), fc.constantFrom(1e308, -1e308, Number.NaN)), {
    nil: undefined,
  }),
  final: fc.boolean(),
});
const speed = fc.constantFrom(1, 1, 1.5, 2, 0.7);
const beatOf = (
  { rate, seqStep, sentAt, final }: { rate: number; seqStep: number; sentAt: number | undefined; final: boolean },
  learner: Learner,
): Partial<Beat> => ({
  seq: learner.session.seq + seqStep,
  rate,
  final,
  ...(sentAt === undefined ? {} : { sentAt }),
});

/** An honest player: where it was in the media at each report (ms), and how long each report travels. */
const honest = fc
  .array(
    fc.record({
      interval: fc.integer({ min: 4800, max: 5400 }),
      /** Of the interval, the share spent stalled. */
      stalled: fc.integer({ min: 0, max: 5000 }).map((ms) => (ms > 1000 ? 0 : ms)),
      latency: fc.integer({ min: 20, max: 4000 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((steps) => {
    let [clock, media, arrived] = [0, 0, 0];
    return steps.map(({ interval, stalled, latency }) => {
      const from = media / 1000;
      clock += interval;
      media += interval - stalled;
      arrived = Math.max(arrived, clock + latency);
      return { range: [from, media / 1000] as [number, number], sentAt: clock, arrived };
    });
  });
const playedBy = (beats: { range: [number, number] }[]) =>
  beats.reduce<number[]>(
    (all, { range }) => addRange(all, Math.round(range[0] * 1000), Math.round(range[1] * 1000)),
    [],
  );

describe('watch-time properties', () => {
  it('never credits more than elapsed time × speed, the lesson, or the daily cap, whatever is sent', () => {
    fc.assert(
      fc.property(
        fc.array(hostile, { maxLength: 40 }),
        speed,
        fc.boolean(),
        fc.nat(400),
        (beats, by, seekLock, cap) => {
          const rules = { ...RULES, speed: by, seekLock, dailyCapSeconds: cap };
          const learner = new Learner({ rules, lesson: { id: 'l', seconds: 300.5 } }, 0);
          let [now, latest] = [0, 0];
          for (const one of beats) {
            now = Math.max(latest - 14_000, now + one.wait);
            latest = Math.max(latest, now);
            const before = learner.record;
            const result = learner.beat(now / 1000, one.ranges, beatOf(one, learner));
            expect(Number.isSafeInteger(result.credited) && result.credited >= 0).to.equal(true);
            expect(lengthOf(subtract(before.covered, result.record.covered))).to.equal(0);
            expect(lengthOf(result.record.covered)).to.be.at.most(latest * by + 1e-6);
            expect(lengthOf(result.record.covered)).to.be.at.most(300_500);
            expect(result.dayCredited).to.be.at.most(cap);
            expect(result.record.furthest).to.be.at.most(300_500);
            expect(result.uncredited.length).to.be.at.most(8);
            expect(lengthOf(subtract(result.record.played, result.record.covered))).to.equal(
              lengthOf(result.record.played),
            );
            for (const { seconds } of result.uncredited) expect(Number.isFinite(seconds) && seconds > 0).to.equal(true);
          }
          expect(learner.credited).to.equal(Math.floor(lengthOf(learner.record.covered) / 1000));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('accounts for every reported second of a well-formed beat: credited, or with a reason', () => {
    const range = fc.tuple(fc.nat(400), fc.nat(40)).map(([from, length]): [number, number] => [from, from + length]);
    const beat = fc.record({ wait: fc.nat(700), ranges: fc.array(range, { maxLength: 4 }) });
    fc.assert(
      fc.property(fc.array(beat, { maxLength: 20 }), fc.nat(100), (beats, cap) => {
        const learner = new Learner({ rules: { ...RULES, dailyCapSeconds: cap }, lesson: { id: 'l', seconds: 300 } });
        let now = 0;
        for (const { wait, ranges } of beats) {
          now += wait;
          const before = lengthOf(learner.record.covered);
          const { record, uncredited } = learner.beat(now, ranges);
          const reported = ranges.reduce((sum, [from, to]) => sum + to - from, 0) * 1000;
          const explained = uncredited.reduce((sum, { seconds }) => sum + Math.round(seconds * 1000), 0);
          expect(lengthOf(record.covered) - before + explained).to.equal(reported);
        }
      }),
    );
  });

  it('loses nothing of an honest player, in spite of jitter and fractions', () => {
    fc.assert(
      fc.property(honest, fc.boolean(), (beats, named) => {
        const learner = new Learner({}, named ? 0 : undefined);
        for (const { range, sentAt, arrived } of beats) {
          const result = learner.beat(arrived / 1000, [range], named ? { sentAt } : {});
          expect(result.uncredited).to.deep.equal([]);
        }
        expect(learner.record.covered).to.deep.equal(playedBy(beats));
      }),
    );
  });

  it('loses nothing over a break within the lease when the beats were kept', () => {
    fc.assert(
      fc.property(honest, fc.nat(59), fc.nat(250_000), (beats, from, more) => {
        const learner = new Learner({}, 0);
        const restored = (beats.at(-1)?.sentAt ?? 0) + more;
        let last = 0;
        beats.forEach(({ range, sentAt, arrived }, n) => {
          last = n < from ? arrived : Math.max(last, restored);
          learner.beat(last / 1000, [range], { sentAt });
        });
        expect(learner.record.covered).to.deep.equal(playedBy(beats));
      }),
    );
  });

  it('loses only the beats that were lost', () => {
    fc.assert(
      fc.property(honest, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (beats, lost) => {
        const learner = new Learner({}, 0);
        const arriving = beats.filter((_, n) => !lost[n]);
        beats.forEach(({ range, sentAt, arrived }, n) => {
          if (!lost[n]) learner.beat(arrived / 1000, [range], { sentAt, seq: n + 1 });
        });
        expect(learner.record.covered).to.deep.equal(playedBy(arriving));
      }),
    );
  });

  it('never credits more than the true play for any loss, duplication and order of beats', () => {
    const sending = fc.array(fc.tuple(fc.nat(59), fc.nat(3000)), { maxLength: 150 });
    fc.assert(
      fc.property(honest, sending, fc.boolean(), (beats, order, named) => {
        const learner = new Learner({}, named ? 0 : undefined);
        const truth = playedBy(beats);
        let now = 0;
        for (const [n, wait] of order) {
          const beat = beats[n % beats.length]!;
          now += wait;
          learner.beat(now / 1000, [beat.range], {
            seq: (n % beats.length) + 1,
            ...(named ? { sentAt: beat.sentAt } : {}),
          });
        }
        expect(lengthOf(subtract(learner.record.covered, truth))).to.equal(0);
        expect(lengthOf(learner.record.covered)).to.be.at.most(now);
      }),
    );
  });

  it('loses at most one beat interval where a player dies, however often', () => {
    const stop = fc.record({ beats: fc.nat(6), unsent: fc.nat(4999), away: fc.nat(900_000), kept: fc.nat(6) });
    fc.assert(
      fc.property(fc.array(stop, { minLength: 1, maxLength: 12 }), (stops) => {
        const learner = new Learner({ rules: { ...RULES, dailyCapSeconds: 86_400 } }, 0);
        let [now, media, lost] = [0, 0, 0];
        for (const { beats, unsent, away, kept } of stops) {
          learner.begin('token', NOON + now, now);
          const reports = Array.from({ length: beats + 1 }, (_, n) => {
            const from = media + n * 5000;
            return { range: [from / 1000, (from + 5000) / 1000] as [number, number], sentAt: now + (n + 1) * 5000 };
          });
          // The last ones are sent only when the player is opened again, as far as it could keep them.
          const late = Math.max(0, reports.length - kept);
          for (const { range, sentAt } of reports.slice(0, late)) learner.beat(sentAt / 1000, [range], { sentAt });
          now += reports.length * 5000 + unsent + away;
          for (const { range, sentAt } of reports.slice(late)) learner.beat(now / 1000, [range], { sentAt });
          media += reports.length * 5000;
          lost += unsent;
        }
        expect(lengthOf(learner.record.covered)).to.equal(media);
        expect(lost).to.be.lessThan(stops.length * RULES.beatSeconds * 1000);
      }),
    );
  });

  it('never lets two devices earn together, also with beats that arrive after the other took over', () => {
    const step = fc.record({
      first: fc.nat(8),
      second: fc.nat(8),
      wait: fc.nat(6000),
      ahead: fc.integer({ min: 1, max: 12 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(60_000), (steps, takenOver) => {
        const first = new Learner({ rules: { ...RULES, seekLock: false } });
        const second = new Learner({ rules: { ...RULES, seekLock: false } });
        first.session = { ...first.session, endedAt: NOON + takenOver };
        second.begin('token', NOON + takenOver);
        let now = takenOver;
        for (const { first: a, second: b, wait, ahead } of steps) {
          now += wait;
          for (let n = 0; n < a; n += 1) first.beat(now / 1000, [[n * ahead, (n + 1) * ahead]]);
          for (let n = 0; n < b; n += 1) second.beat(now / 1000, [[1000 + n * ahead, 1000 + (n + 1) * ahead]]);
        }
        expect(lengthOf(first.record.covered)).to.be.at.most(takenOver);
        expect(lengthOf(second.record.covered)).to.be.at.most(now - takenOver);
      }),
    );
  });

  it('never lets two devices earn together, however they take over from each other', () => {
    const step = fc.record({ device: fc.constantFrom('a', 'b'), takeOver: fc.boolean(), wait: fc.nat(8000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const learner = new Learner({ rules: { ...RULES, seekLock: false } }, 0);
        const at = { a: 0, b: 1000 };
        let now = 0;
        for (const { device, takeOver, wait } of steps) {
          now += wait;
          if (takeOver) learner.begin(device, NOON + now);
          const playing = learner.session.token === device;
          const result = learner.beat(now / 1000, [[at[device], at[device] + 5]], { token: device });
          at[device] += 5;
          if (!playing) expect(result).to.include({ credited: 0, rejected: 'token' });
        }
        expect(lengthOf(learner.record.covered)).to.be.at.most(now);
      }),
    );
  });

  it('never pays for time under an open presence check, answered or not', () => {
    const step = fc.record({
      act: fc.constantFrom('play', 'play', 'play', 'ask', 'answer'),
      wait: fc.nat(20_000),
      ahead: fc.integer({ min: 1, max: 40 }),
      named: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const learner = new Learner({}, 0);
        let [now, position, free] = [0, 0, 0];
        for (const { act, wait, ahead, named } of steps) {
          now += wait;
          const open = learner.session.presence.askedAt !== undefined;
          if (!open) free += wait;
          if (act === 'play') {
            position = learner.record.furthest / 1000;
            learner.beat(now / 1000, [[position, position + ahead]], named ? { sentAt: now } : {});
          } else if (act === 'ask' && !open) {
            learner.session = askPresence(learner.session, 'hash', NOON + now, RULES.presence);
          } else if (act === 'answer') {
            learner.session = answerPresence(learner.session, 'hash', NOON + now, RULES.presence, () => 0).session;
          }
          expect(lengthOf(learner.record.covered)).to.be.at.most(free);
        }
      }),
    );
  });
});
