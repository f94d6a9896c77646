import { expect } from 'chai';
import fc from 'fast-check';
import { nextPresenceCheck, startSession } from '../../../plugins/video-courses/playing-session.ts';
import {
  answerPresence,
  askPresence,
  extendPresence,
  isNewlyMissed,
  isPresenceDue,
  type Said,
  withEarlierCredit,
} from '../../../plugins/video-courses/presence.ts';
import { DEFAULT_WATCH_RULES } from '../../../plugins/video-courses/watch-rules.ts';
import { NOON } from './watch-support.ts';

const rules = DEFAULT_WATCH_RULES;
const { presence } = rules;
const half = () => 0.5;
const start = (now: number, previous?: ReturnType<typeof startSession>) =>
  startSession({ token: 't', lesson: 'l', now, rules, rng: half, ...(previous === undefined ? {} : { previous }) });

describe('presence', () => {
  it('is due within the span, at a moment the rng chooses', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (chance) => {
        const at = nextPresenceCheck(() => chance, NOON, presence);
        expect(at - NOON).to.be.within(600_000, 1_200_000);
      }),
    );
    const session = start(NOON);
    expect(isPresenceDue(session, NOON + 899_999)).to.equal(false);
    expect(isPresenceDue(session, NOON + 900_000)).to.equal(true);
  });

  it('asks once, and takes the answer in time', () => {
    const asked = askPresence(start(NOON), 'hash', NOON, presence);
    expect(isPresenceDue(asked, NOON + 1e9)).to.equal(false);
    const { session, answer, responseMs } = answerPresence(asked, 'hash', NOON + 120_000, presence, half);
    expect({ answer, responseMs }).to.deep.equal({ answer: 'answered', responseMs: 120_000 });
    expect(session.presence).to.deep.equal({ askAt: NOON + 120_000 + 900_000 });
    expect(session.lastAt).to.equal(NOON + 120_000);
  });

  it('resumes on a late answer, but says so', () => {
    const asked = askPresence(start(NOON), 'hash', NOON, presence);
    const { session, answer } = answerPresence(asked, 'hash', NOON + 120_001, presence, half);
    expect(answer).to.equal('late');
    expect(session.presence.askedAt).to.equal(undefined);
  });

  it('takes no wrong token and no answer to nothing', () => {
    const session = start(NOON);
    const asked = askPresence(session, 'hash', NOON, presence);
    expect(answerPresence(asked, 'guess', NOON, presence, half)).to.deep.equal({ session: asked, answer: 'wrong' });
    expect(answerPresence(session, '', NOON, presence, half)).to.deep.equal({ session, answer: 'none' });
  });

  it('can be extended ten times, while open', () => {
    let asked: ReturnType<typeof start> | undefined = askPresence(start(NOON), 'hash', NOON, presence);
    expect(extendPresence(asked, NOON + 120_001, presence)).to.equal(undefined);
    expect(extendPresence(start(NOON), NOON, presence)).to.equal(undefined);
    for (let n = 0; n < 10; n += 1) {
      asked = extendPresence(asked!, NOON + n * 100_000, presence);
      expect(asked!.presence.deadline).to.equal(NOON + n * 100_000 + 120_000);
    }
    expect(extendPresence(asked!, NOON + 950_000, presence)).to.equal(undefined);
  });

  it('cannot be avoided by starting again: what is open stays open, also on the next day', () => {
    const first = start(NOON);
    const asked = askPresence(first, 'hash', NOON, presence, 'enrolment');
    expect(start(NOON + 60_000, asked).presence).to.deep.equal(asked.presence);
    expect(start(NOON + 86_400_000, asked).presence).to.deep.equal(asked.presence);
  });

  it('comes after as much playing as it would have, however long somebody was away', () => {
    const first = start(NOON);
    for (const away of [1, 600_000, 86_400_000])
      expect(start(NOON + away, first).presence.askAt).to.equal(NOON + away + 900_000);
    const due = { ...first, presence: { askAt: NOON - 1 } };
    expect(isPresenceDue(start(NOON + 86_400_000, due), NOON + 86_400_000)).to.equal(true);
    const far = { ...first, presence: { askAt: NOON + 1e9 } };
    expect(start(NOON + 5, far).presence.askAt).to.equal(NOON + 5 + 1_200_000);
  });

  it('comes sooner by what was credited late of the time before', () => {
    expect(withEarlierCredit(start(NOON), 600_000).presence.askAt).to.equal(NOON + 300_000);
    const asked = askPresence(start(NOON), 'hash', NOON, presence);
    expect(withEarlierCredit(asked, 600_000)).to.equal(asked);
  });

  it('counts the time to answer from when the player showed it, as far as that can be believed', () => {
    const asked = askPresence(start(NOON), 'hash', NOON, presence);
    const answer = (after: number, said: Said) =>
      answerPresence(asked, 'hash', NOON + after, presence, half, { said, by: rules });
    expect(answer(300_000, {})).to.include({ answer: 'late', responseMs: 300_000 });
    expect(answer(300_000, { shownMs: 119_000 })).to.include({ answer: 'answered', responseMs: 119_000 });
    expect(answer(300_000, { shownMs: 120_001 })).to.include({ answer: 'late' });
    expect(answer(720_001, { shownMs: 1 })).to.include({ answer: 'late' });
    for (const shownMs of [-1, Number.NaN, Number.NEGATIVE_INFINITY])
      expect(answer(300_000, { shownMs })).to.include({ answer: 'late' });
  });

  it('lets crediting go on from an answer that waited for the network, and never from before the question', () => {
    const asked = askPresence(start(NOON), 'hash', NOON + 60_000, presence);
    const from = (agoMs: number) =>
      answerPresence(asked, 'hash', NOON + 300_000, presence, half, { said: { agoMs }, by: rules }).session.lastAt;
    expect([200_000, 240_000, 500_000, 1e12, -5, Number.NaN].map((ago) => from(ago) - NOON)).to.deep.equal([
      100_000, 60_000, 60_000, 60_000, 300_000, 300_000,
    ]);
    const beaten = { ...asked, lastAt: NOON + 250_000 };
    const late = { said: { agoMs: 200_000 }, by: rules };
    expect(answerPresence(beaten, 'hash', NOON + 300_000, presence, half, late).session.lastAt).to.equal(
      NOON + 250_000,
    );
  });

  it('is missed once its time is over for whenever it may have been shown', () => {
    const asked = askPresence(start(NOON), 'hash', NOON, presence);
    expect(isNewlyMissed(asked, NOON + 720_000, rules)).to.equal(false);
    expect(isNewlyMissed(asked, NOON + 720_001, rules)).to.equal(true);
    const noted = { ...asked, presence: { ...asked.presence, missed: true } };
    expect(isNewlyMissed(noted, NOON + 720_001, rules)).to.equal(false);
    expect(isNewlyMissed(start(NOON), NOON + 1e9, rules)).to.equal(false);
  });
});
