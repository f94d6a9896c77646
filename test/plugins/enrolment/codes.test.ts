import { expect } from 'chai';
import type { Client } from '../../support/client.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';

describe('activation codes of a school', () => {
  let test: TestPlatform;
  let school: Client;
  before(async function () {
    this.timeout(60_000);
    test = await startTestPlatform({ plugins: ['enrolment'] });
    const person = await test.person({
      grants: [{ role: 'school-administrator', scope: `organisation:${test.organisations.school}` }],
    });
    school = await test.signIn(person.login);
  });
  after(() => test.stop());

  const users = () => test.platform.rooms.connection.collection<{ _id: string }>('users');
  const invited = async (name: string) => {
    const person = await test.learner({ name });
    await users().updateOne({ _id: person.id }, { $unset: { passwordHash: 1 } });
    return person.enrolment._id;
  };
  const issue = (enrolments: string[], more: object = {}) =>
    school.form('/enrolment/codes', { programme: test.programme, enrolments, ...more }).expect(200);
  const codesIn = (text: string) => [...text.matchAll(/\b\d{8}\b/g)].map(([code]) => code);

  it('asks before it replaces codes that still work, and names whose they are', async () => {
    const [first, second] = [await invited('先来'), await invited('后到')];
    const [code] = codesIn((await issue([first])).text);
    expect(code).to.match(/^\d{8}$/);
    const asked = await issue([first, second]);
    expect(asked.text).to.include('仍然有效').and.include('先来').and.not.include('后到');
    expect(codesIn(asked.text)).to.deep.equal([]);
    const others = await issue([first, second], { replace: 'no' });
    expect(others.text).to.include('后到').and.not.include('先来');
    const again = await issue([first, second], { replace: 'yes' });
    expect(codesIn(again.text)).to.have.length(2).and.not.include(code);
  });

  it('asks nothing where nobody has one, and issues none to who has a password', async () => {
    const active = await test.learner({ name: '已激活' });
    const fresh = await invited('新教师');
    const { text } = await issue([active.enrolment._id, fresh]);
    expect(codesIn(text)).to.have.length(1);
    expect(text).to.include('新教师').and.not.include('已激活');
  });
});
