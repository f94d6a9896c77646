import { expect } from 'chai';
import { formFor, inNumber } from '../../../server/web/plural.ts';

describe('words that follow a number', () => {
  it('are singular after one only', () => {
    expect(['0', '1', '2', '1.5', '1,001', '21'].map((written) => formFor(written, '[person|people]'))).to.eql([
      'people',
      'person',
      'people',
      'people',
      'people',
      'people',
    ]);
    expect(formFor('1', '人'), 'a unit of one form').to.equal('人');
  });

  it('are chosen within a sentence by the number before them', () => {
    expect(inNumber('Graded 3 of 1 [person|people]')).to.equal('Graded 3 of 1 person');
    expect(inNumber('1 [row|rows] fine, 1,204 [row|rows] not')).to.equal('1 row fine, 1,204 rows not');
    expect(inNumber('Average (1 [person|people])')).to.equal('Average (1 person)');
    expect(inNumber('a title | with a bar')).to.equal('a title | with a bar');
  });
});
