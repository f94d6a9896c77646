import { expect } from 'chai';
import { type Arena, openArena } from './arena.ts';

const tricks: [name: string, beats: (seq: number) => string, status?: number][] = [
  ['NaN', (seq) => `[{"seq":${seq},"ranges":[[NaN,5]],"rate":1}]`, 400],
  ['infinity as 1e999', (seq) => `[{"seq":${seq},"ranges":[[0,1e999]],"rate":1}]`],
  ['1e308', (seq) => `[{"seq":${seq},"ranges":[[0,1e308]],"rate":1}]`],
  ['-1e308 to 1e308', (seq) => `[{"seq":${seq},"ranges":[[-1e308,1e308]],"rate":1}]`],
  ['the text "1e999"', (seq) => `[{"seq":${seq},"ranges":[[0,"1e999"]],"rate":1}]`],
  ['the text "10"', (seq) => `[{"seq":${seq},"ranges":[["0","10"]],"rate":"1"}]`],
  ['null and true', (seq) => `[{"seq":${seq},"ranges":[[null,true]],"rate":1}]`],
  ['an operator for a number', (seq) => `[{"seq":{"$gt":0},"ranges":[[10,15]],"rate":1},{"seq":${seq},"ranges":[]}]`],
  ['a nested object for a range', (seq) => `[{"seq":${seq},"ranges":[{"0":0,"1":60,"length":2}],"rate":1}]`, 422],
  ['an object for beats', (seq) => `{"length":1,"0":{"seq":${seq},"ranges":[[10,15]],"rate":1}}`, 422],
  ['a range of three', (seq) => `[{"seq":${seq},"ranges":[[10,15,60]],"rate":1}]`, 422],
  ['241 beats', (seq) => JSON.stringify(Array(241).fill({ seq, ranges: [[10, 15]], rate: 1 })), 422],
  ['501 ranges', (seq) => JSON.stringify([{ seq, ranges: Array(501).fill([10, 15]), rate: 1 }]), 422],
  ['a million segments', () => `[{"seq":3,"rate":1,"ranges":[${'[0,1],'.repeat(1e6)}[0,1]]}]`, 413],
  [
    'keys of the prototype',
    (seq) => `[{"seq":${seq},"__proto__":{"rate":1},"constructor":{"prototype":{"rate":1}}}]`,
    422,
  ],
  [
    'a range that says it is in the prototype',
    (seq) => `[{"seq":${seq},"rate":1,"ranges":[],"__proto__":{"ranges":[[10,15]]}}]`,
  ],
  ['the same key twice', (seq) => `[{"seq":0,"seq":${seq},"ranges":[[10,15]],"ranges":[[0,1e9]],"rate":1}]`],
  ['nesting without end', () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 422],
];

const beatsRoute = '/api/v1/video-courses/beats';
/** What the parsers refuse has found no route yet. */
const routes: Record<number, string> = { 400: 'none', 413: 'none' };

describe('beats in hostile JSON', function () {
  this.timeout(60_000);
  let arena: Arena;
  before(async () => {
    arena = await openArena();
  });
  after(() => arena.stop());

  for (const [name, beats, status = 200] of tricks) {
    it(`earn nothing: ${name}`, async () => {
      const attacker = await arena.attacker();
      await attacker.start();
      await attacker.play();
      await attacker.play();
      const mark = await arena.mark();
      const { enrolment, lesson, token } = attacker.report([]);
      const head = JSON.stringify({ enrolment, lesson, token }).slice(0, -1);
      attacker.clock.now += 5_000;
      const answered = `xuefang_http_requests_total{method="POST",route="${routes[status] ?? beatsRoute}",status="${status}"}`;
      const before = mark.get(answered) ?? 0;
      const { body } = await attacker.raw(`${head},"beats":${beats(attacker.seq + 1)}}`).expect(status);
      await attacker.expectTruth();
      expect(((await arena.mark()).get(answered) ?? 0) - before, 'counted by its status').to.equal(1);
      if (status !== 200) expect(body.error).to.have.property('message');
      expect(({} as { rate?: number }).rate, 'the prototype of everything').to.equal(undefined);
    });
  }

  it('are counted as malformed where a number is none, and by the status where the whole is refused', async () => {
    const attacker = await arena.attacker();
    await attacker.start();
    const mark = await arena.mark();
    await attacker.send([attacker.beat([[0, '1e999']])]).expect(200);
    await attacker.raw('{"beats": [[[').expect(400);
    await attacker.send('none').expect(422);
    expect(await arena.since(mark, 'xuefang_video_courses_beats_refused_total')).to.deep.equal({ malformed: 1 });
    const after = await arena.mark();
    const count = (route: string, status: number) => {
      const key = `xuefang_http_requests_total{method="POST",route="${route}",status="${status}"}`;
      return (after.get(key) ?? 0) - (mark.get(key) ?? 0);
    };
    expect([count('/api/v1/video-courses/beats', 422), count('none', 400)]).to.deep.equal([1, 1]);
    await attacker.expectTruth();
  });
});
