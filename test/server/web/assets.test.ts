import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';

/** What a first visit may transfer, in bytes. */
const FIRST_VISIT = 150 * 1024;

describe('assets', () => {
  let test: TestPlatform;
  before(async () => {
    test = await startTestPlatform({ plugins: [] });
  });
  after(() => test.stop());

  async function fetched(path: string, encodings: string): Promise<{ answer: IncomingMessage; body: Buffer }> {
    const [answer] = (await once(get(test.url + path, { headers: { 'accept-encoding': encodings } }), 'response')) as [
      IncomingMessage,
    ];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return { answer, body: Buffer.concat(chunks) };
  }

  async function linked(): Promise<string[]> {
    const { body } = await fetched('/sign-in', 'identity');
    return [...body.toString().matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path as string);
  }

  it('of a first visit come packed, in at most 150 KB with the page', async () => {
    let total = (await fetched('/sign-in', 'gzip, br')).body.length;
    for (const path of await linked()) {
      const { answer, body } = await fetched(path, 'gzip, deflate, br');
      total += body.length;
      if (/\.(css|js|svg)$/.test(path)) expect(answer.headers['content-encoding'], path).to.equal('br');
    }
    expect(total).to.be.lessThan(FIRST_VISIT);
  });

  it('are the same however they are packed', async () => {
    const path = (await linked()).find((each) => each.endsWith('.css')) as string;
    const plain = await fetched(path, 'identity');
    const br = await fetched(path, 'br');
    const gzip = await fetched(path, 'gzip');
    expect(plain.answer.headers['content-encoding']).to.equal(undefined);
    expect(brotliDecompressSync(br.body).equals(plain.body)).to.equal(true);
    expect(gunzipSync(gzip.body).equals(plain.body)).to.equal(true);
    for (const { answer } of [plain, br, gzip]) expect(answer.headers.vary).to.match(/accept-encoding/i);
  });
});
