import { join } from 'node:path';
import { expect } from 'chai';
import { projectFolder } from '../../../server/config.ts';
import { Locales } from '../../../server/web/locale.ts';

describe('texts', () => {
  const locales = new Locales(
    new Map([
      ['core', join(projectFolder, 'server/web/locales')],
      ['workshops', join(projectFolder, 'plugins/workshops/locales')],
    ]),
  );
  const t = locales.translator('zh-CN');

  it('fill in what is asked, from any namespace', () => {
    expect(t('ui.passMark', { mark: '60.00' })).to.equal('合格线 60.00 分');
    expect(t('workshops:plugin.name')).to.equal('工作坊');
  });

  it('fall back to a default for what has no text, each time to the one given', () => {
    expect(t('role.nobody', { defaultValue: 'x' })).to.equal('x');
    expect(t('role.nobody', { defaultValue: 'y' })).to.equal('y');
    expect(t('role.learner', { defaultValue: 'y' })).to.equal('学员');
  });

  it('are listed below a key, of all namespaces', () => {
    const actions = locales.textsUnder('zh-CN', 'audited');
    expect(actions.get('grant.add')).to.equal('授予角色');
    expect(actions.get('workshop.create')).to.equal('新建工作坊');
  });
});
