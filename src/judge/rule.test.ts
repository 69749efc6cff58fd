import { expect, it } from 'vitest';
import type { MetricKind } from './rule.ts';
import { supported } from './rule.ts';

it.each<[MetricKind, boolean]>([
  ['ratio', true],
  ['query', true],
  ['pods', true],
  ['latency', false],
  ['mean', false],
  ['drift', false],
  ['preset', false],
])('supported(%s) is %s', (kind, expected) => {
  expect(supported(kind)).toBe(expected);
});
