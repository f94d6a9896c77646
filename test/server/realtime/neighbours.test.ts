import { expect } from 'chai';
import fc from 'fast-check';
import type { RoomUpdate } from '../../../server/realtime/coalescer.ts';
import { Neighbours, type Said } from '../../../server/realtime/neighbours.ts';
import { Told } from '../../../server/realtime/told.ts';

const START = 1_000_000;

/** What the primary does: everything said is heard by all others, in order, when its turn comes. */
class Street {
  readonly said: Said[] = [];
  #houses = new Map<number, House>();
  #queue: (() => void)[] = [];

  say(from: House, message: Said): void {
    if (from.ended) return;
    this.said.push(message);
    const others = [...this.#houses.values()].filter((house) => house !== from);
    this.#queue.push(() => {
      for (const house of others) if (!house.ended) house.neighbours.hear(message);
    });
  }

  begin(number: number, count: number): House {
    this.end(number);
    const house = new House(this, number, count);
    this.#houses.set(number, house);
    return house;
  }

  end(number: number): void {
    const house = this.#houses.get(number);
    if (house) house.ended = true;
    this.#houses.delete(number);
  }

  /** Until nobody has anything to say. */
  async quiet(): Promise<void> {
    do {
      for (const deliver of this.#queue.splice(0)) deliver();
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#queue.length > 0);
  }
}

class House {
  readonly number: number;
  now = START;
  ended = false;
  readonly told = new Told(() => this.now);
  readonly heard: RoomUpdate[] = [];
  readonly neighbours: Neighbours;

  constructor(street: Street, number: number, count: number) {
    this.number = number;
    const others = Array.from({ length: count }, (_, index) => index + 1).filter((other) => other !== number);
    this.neighbours = new Neighbours({
      own: number,
      others,
      told: this.told,
      say: (message) => street.say(this, message),
      tell: (update) => this.heard.push(update),
      patienceMs: 50,
    });
  }
}

async function pair(): Promise<{ street: Street; one: House; two: House }> {
  const street = new Street();
  const [one, two] = [street.begin(1, 2), street.begin(2, 2)];
  await street.quiet();
  return { street, one, two };
}

const update = (room: string): RoomUpdate => ({ room, at: START, values: { n: 1 } });

describe('what server processes know of one another', () => {
  it('is where somebody is', async () => {
    const { street, one, two } = await pair();
    expect([one.neighbours.watch('a'), two.neighbours.watch('a')]).to.deep.equal([false, false]);
    const entered = two.neighbours.enter('a', START);
    await street.quiet();
    expect(await entered).to.equal(false);
    expect([one.neighbours.watch('a'), one.neighbours.watch('b'), two.neighbours.watch('a')]).to.deep.equal([
      true,
      false,
      false,
    ]);
    two.neighbours.leave('a');
    await street.quiet();
    expect(one.neighbours.watch('a')).to.equal(false);
  });

  it('is what a page has missed before it came', async () => {
    const { street, one, two } = await pair();
    one.now += 5;
    one.told.note('a');
    const entered = [START + 5, START + 6, undefined].map((since) => two.neighbours.enter('a', since));
    const other = two.neighbours.enter('b', START);
    await street.quiet();
    expect(await Promise.all([...entered, other])).to.deep.equal([true, false, false, false]);
    expect(street.said.filter(({ kind }) => kind === 'moved')).to.have.length(1);
  });

  it('is nothing before they have said it: everything is passed on', async () => {
    const street = new Street();
    const one = street.begin(1, 2);
    await street.quiet();
    expect(one.neighbours.watch('a')).to.equal(true);
    street.begin(2, 2);
    await street.quiet();
    expect(one.neighbours.watch('a')).to.equal(false);
  });

  it('is known to one that is started again, and forgotten of one that has ended', async () => {
    const { street, one, two } = await pair();
    void one.neighbours.enter('of one', undefined);
    void two.neighbours.enter('of two', undefined);
    void two.neighbours.enter('left by two', undefined);
    await street.quiet();
    two.neighbours.leave('left by two');
    await street.quiet();
    street.end(1);
    const again = street.begin(1, 2);
    await street.quiet();
    const known = ['of two', 'of one', 'left by two'].map((room) => again.neighbours.watch(room));
    expect(known).to.deep.equal([true, false, false]);
    expect(two.neighbours.watch('of one')).to.equal(false);
  });

  it('may be anything where one is silent: the page reads again', async () => {
    const { street, two } = await pair();
    street.end(1);
    const entered = two.neighbours.enter('a', START);
    await street.quiet();
    expect(await entered).to.equal(true);
  });

  it('is passed on once a turn', async () => {
    const { street, one, two } = await pair();
    one.neighbours.pass(update('a'));
    one.neighbours.pass(update('b'));
    await street.quiet();
    await street.quiet();
    expect(two.heard).to.deep.equal([update('a'), update('b')]);
    expect(one.heard).to.deep.equal([]);
    expect(street.said.filter(({ kind }) => kind === 'updates')).to.have.length(1);
  });

  it('is right in the end, whoever comes, goes, ends and begins', async () => {
    const numbers = [1, 2, 3];
    const rooms = ['a', 'b'];
    const step = fc.record({
      number: fc.constantFrom(...numbers),
      room: fc.constantFrom(...rooms),
      kind: fc.constantFrom('enter' as const, 'leave' as const, 'again' as const, 'wait' as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const street = new Street();
        const houses = new Map(numbers.map((number) => [number, street.begin(number, numbers.length)]));
        const inside = new Map(numbers.map((number) => [number, new Set<string>()]));
        for (const { number, room, kind } of steps) {
          if (kind === 'wait') await street.quiet();
          else if (kind === 'again') {
            houses.set(number, street.begin(number, numbers.length));
            inside.set(number, new Set());
          } else if (kind === 'enter') {
            void houses.get(number)!.neighbours.enter(room, undefined);
            inside.get(number)!.add(room);
          } else {
            houses.get(number)!.neighbours.leave(room);
            inside.get(number)!.delete(room);
          }
        }
        await street.quiet();
        await street.quiet();
        for (const [number, { neighbours }] of houses) {
          for (const room of rooms) {
            const elsewhere = numbers.some((other) => other !== number && inside.get(other)!.has(room));
            expect(neighbours.watch(room), `${number} ${room}`).to.equal(elsewhere);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
