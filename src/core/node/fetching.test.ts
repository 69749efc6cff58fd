import { expect, it } from 'vitest';
import { podOf, START } from '../fixtures/objects.ts';
import { takesPlace } from './fetching.ts';

const TAINTED =
  '0/278 nodes are available: 1 node(s) had untolerated taint(s), 277 node(s) didn’t satisfy plugin(s) [NodeAffinity].';
const FULL = '0/278 nodes are available: 1 Insufficient memory, 277 node(s) didn’t satisfy plugin(s).';
const unbound = (message: string) => podOf({ bound: false, unschedulable: { message, since: START } });

it('gives a place to a pod that only a taint of a node which has just joined keeps from pulling', () => {
  expect(takesPlace(unbound(TAINTED), START + 5_000)).toBe(true);
  expect(takesPlace(podOf({ ...unbound(TAINTED), deleting: true }), START + 5_000)).toBe(false);
});

it('gives none for a taint that stays, nor where there is no room', () => {
  expect(takesPlace(unbound(TAINTED), START + 60_000)).toBe(false);
  expect(takesPlace(unbound(FULL), START + 5_000)).toBe(false);
});
