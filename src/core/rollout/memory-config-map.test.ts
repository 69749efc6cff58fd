import { describe, expect, it } from 'vitest';
import { memoryOf, revisionOf, stepOf } from '../fixtures/memory.ts';
import { memoryConfigMap, parseMemory } from './memory-config-map.ts';

describe('the memory of a candidate', () => {
  it('is read as it was written', () => {
    const memory = memoryOf({
      walks: [{ cohorts: ['cpu'], steps: [stepOf(0, ['a'], { windows: [{ from: 1, to: 2 }] })] }],
    });
    expect(parseMemory(memoryConfigMap('defects', 'vision', revisionOf(), memory, '7'))).toEqual(memory);
  });

  it.each([
    '',
    'null',
    '{}',
    '[]',
    '{"revision":"a","attempt":1,"seed":"s","walks":[],"waves":[],"metrics":[],"analysis":null}',
  ])('that reads %j is lost', (text) => {
    const object = memoryConfigMap('defects', 'vision', revisionOf(), memoryOf(), undefined);
    const damaged = { ...object, data: { 'memory.json': text } };
    expect(parseMemory(damaged)).toBeUndefined();
  });
});
