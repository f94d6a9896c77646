import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FolderRefused, openDemoFolder } from '../../../plugins/demo/run/folder.ts';

describe('demo: the data folder', () => {
  let parent: string;
  let path: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'xuefang-folder-'));
    path = join(parent, 'deep', 'demo');
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('is made where it is absent, and kept once it is seeded', () => {
    const first = openDemoFolder(path, { reset: false });
    expect(first.note).to.equal(undefined);
    expect(first.marker.registryKey).to.have.length.above(20);
    first.seeded();
    writeFileSync(join(path, 'kept'), '');
    const second = openDemoFolder(path, { reset: false });
    expect(second.marker).to.deep.equal(first.marker);
    expect(existsSync(join(path, 'kept'))).to.equal(true);
  });

  it('is emptied when asked to', () => {
    openDemoFolder(path, { reset: false }).seeded();
    mkdirSync(join(path, 'db'));
    const again = openDemoFolder(path, { reset: true });
    expect(readdirSync(path)).to.deep.equal(['demo.json']);
    expect(again.marker.seeded).to.equal(false);
  });

  for (const [what, marker] of [
    ['was interrupted', '{"seeded":false}'],
    ['died while writing its marker', '{"see'],
  ] as const) {
    it(`is emptied where the first start ${what}`, () => {
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'demo.json'), marker);
      writeFileSync(join(path, 'half'), '');
      expect(openDemoFolder(path, { reset: false }).note).to.be.a('string');
      expect(readdirSync(path)).to.deep.equal(['demo.json']);
    });
  }

  it("is refused, and left alone, where it holds something that is not a demonstration's", () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'thesis.txt'), 'years of work');
    for (const reset of [false, true]) {
      expect(() => openDemoFolder(path, { reset })).to.throw(FolderRefused, path);
      expect(readdirSync(path)).to.deep.equal(['thesis.txt']);
    }
  });
});
