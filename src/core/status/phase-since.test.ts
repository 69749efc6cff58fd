import { expect, it } from 'vitest';

import { modelOf, nodeOf, rolloutOf } from '../fixtures/objects.ts';
import { TinyWorld } from '../fixtures/tiny-world.ts';
import { phaseSince } from './phase-since.ts';

const NOW = '2026-01-01T01:00:00.000Z';
const BEFORE = '2026-01-01T00:00:00.000Z';

it('is kept while the phase stays and begins anew with another', () => {
  expect(phaseSince(undefined, 'Pending', NOW)).toBe(NOW);
  expect(phaseSince({ phase: 'Holding', phaseSince: BEFORE }, 'Holding', NOW)).toBe(BEFORE);
  expect(phaseSince({ phase: 'Holding', phaseSince: BEFORE }, 'Soaking', NOW)).toBe(NOW);
  expect(phaseSince({ phase: 'Holding' }, 'Holding', NOW)).toBe(NOW);
});

it('is in the status of a rollout, and does not make it written again', () => {
  const world = new TinyWorld([nodeOf('edge-1')], modelOf(), rolloutOf());
  world.promoteFirst();
  const since = world.rollout.status?.phaseSince ?? '';
  expect(Date.parse(since)).toBeLessThanOrEqual(world.now);
  world.tick(3);
  expect(world.rollout.status).toMatchObject({ phase: 'Promoted', phaseSince: since });
});
