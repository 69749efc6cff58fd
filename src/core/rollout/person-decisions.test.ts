import { expect, it } from 'vitest';
import { DECISION } from '../../api/names.ts';
import { revisionsDecidedOn } from './person-decisions.ts';

it('tells which revisions the annotations are about, so that their attempts are not forgotten', () => {
  const annotations = {
    [DECISION.approve]: ' abc.1/half ',
    [DECISION.retry]: 'def.2',
    'example.com/other': 'x.1',
  };
  expect(revisionsDecidedOn(annotations)).toEqual(['abc', 'def']);
  expect(revisionsDecidedOn(undefined)).toEqual([]);
});
