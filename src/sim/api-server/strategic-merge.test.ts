import { expect, test } from 'vitest';
import { keyed, map } from './field-type.ts';
import { strategicMerge } from './strategic-merge.ts';

const TYPE = map({ conditions: keyed('type'), finalizers: { kind: 'set' } });
const ready = { type: 'Ready', status: 'True', reason: 'Ok' };
const disk = { type: 'DiskPressure', status: 'False' };

test.each([
  [
    'items are merged by their key',
    { conditions: [{ type: 'Ready', status: 'False' }] },
    { conditions: [{ ...ready, status: 'False' }, disk] },
  ],
  ['new items come last', { conditions: [{ type: 'New' }] }, { conditions: [ready, disk, { type: 'New' }] }],
  ['an item can be deleted', { conditions: [{ type: 'Ready', $patch: 'delete' }] }, { conditions: [disk] }],
  ['a list can be replaced', { conditions: [{ $patch: 'replace' }, disk] }, { conditions: [disk] }],
  ['null removes', { conditions: null }, {}],
  [
    'orders are not read',
    { '$setElementOrder/conditions': [{ type: 'DiskPressure' }] },
    { conditions: [ready, disk] },
  ],
])('%s', (_what, patch, expected) => {
  expect(strategicMerge({ conditions: [ready, disk] }, patch, TYPE)).toEqual(expected);
});

test('members of a set are added and deleted', () => {
  const target = { finalizers: ['a', 'b'] };
  expect(strategicMerge(target, { finalizers: ['b', 'c'] }, TYPE)).toEqual({ finalizers: ['a', 'b', 'c'] });
  const removal = { '$deleteFromPrimitiveList/finalizers': ['a'] };
  expect(strategicMerge(target, removal, TYPE)).toEqual({ finalizers: ['b'] });
});
