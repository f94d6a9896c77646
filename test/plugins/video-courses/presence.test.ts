import { expect } from 'chai';
import fc from 'fast-check';
import { nextPresenceCheck, startSession } from '../../../plugins/video-courses/playing-session.ts';
import { answerPresence, askPresence, extendPresence, isPresenceDue } from '../../../plugins/video-courses/presence.ts';
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

  it('cannot be avoided by starting again, and does not await who comes back the next day', () => {
    const first = start(NOON);
    expect(start(NOON + 60_000, first).presence.askAt).to.equal(first.presence.askAt);
    const asked = askPresence(first, 'hash', NOON, presence);
    expect(start(NOON + 60_000, asked).presence).to.deep.equal({ askAt: NOON + 60_000 });
    expect(start(NOON + 86_400_000, asked).presence.askAt).to.equal(NOON + 86_400_000 + 900_000);
  });
});
