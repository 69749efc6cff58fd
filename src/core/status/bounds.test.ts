import { describe, expect, it } from 'vitest';
import { edgeModelStatus } from '../../api/edge-model-status.ts';
import { edgeRolloutStatus } from '../../api/edge-rollout-status.ts';
import type { Action } from '../decision.ts';
import { fleetOf, modelOf, nodeOf, rolloutOf } from '../fixtures/objects.ts';
import { TinyWorld } from '../fixtures/tiny-world.ts';

const LONG = 'the API server says a lot about it. '.repeat(2_000);

/** Every status that a world wrote must fit its schema: a write that is refused says nothing at all. */
function checkStatuses(actions: readonly Action[]): number {
  const written = actions.filter(({ kind }) => kind === 'WriteModelStatus' || kind === 'WriteRolloutStatus');
  for (const action of written) {
    if (action.kind === 'WriteModelStatus') edgeModelStatus.parse(action.status);
    if (action.kind === 'WriteRolloutStatus') edgeRolloutStatus.parse(action.status);
  }
  return written.length;
}

describe('statuses fit their schemas', () => {
  it('with a refusal of 70,000 characters', () => {
    const world = new TinyWorld(fleetOf(3), modelOf(), rolloutOf());
    world.acceptance.set(world.hash, {
      status: 'Refused',
      variant: 'cpu',
      message: LONG,
      at: world.now,
      tries: 1,
    });
    world.tick();
    expect(checkStatuses(world.done)).toBeGreaterThan(0);
    expect(world.model?.status?.conditions?.find(({ type }) => type === 'Ready')?.message).toMatch(/…$/);
  });

  it('with a pod that says 70,000 characters why it does not start, through rejection', () => {
    const world = new TinyWorld(fleetOf(6), modelOf(), rolloutOf());
    world.promoteFirst();
    world.release('2.0.0', 'crashes');
    world.crashMessage = LONG;
    world.untilPhase('RolledBack');
    checkStatuses(world.done);
    expect(world.rollout.status?.rejected?.[0]?.message).toMatch(/…$/);
  });

  it('with more nodes in trouble than status can name', () => {
    const world = new TinyWorld(fleetOf(60, { unschedulable: true }), modelOf(), rolloutOf());
    world.tick(3);
    checkStatuses(world.done);
    expect(world.model?.status?.exceptions).toHaveLength(20);
  });

  it('with more cohorts than status can name', () => {
    const nodes = Array.from({ length: 70 }, (_, index) =>
      nodeOf(`edge-${index}`, { labels: { site: `site-${index}` } }),
    );
    const world = new TinyWorld(nodes, modelOf(), rolloutOf({ cohorts: { by: ['site'] } }));
    world.tick(5);
    checkStatuses(world.done);
    world.release('2.0.0');
    world.tick(3);
    checkStatuses(world.done);
    expect(world.rollout.status?.cohorts).toHaveLength(64);
    expect(world.model?.status?.phase).toBe('TooManyCohorts');
  });

  it('with an object that does not fit its schema for many reasons', () => {
    const world = new TinyWorld([], undefined, rolloutOf());
    const { metadata } = modelOf();
    const errors = [{ path: 'spec.template', message: LONG }];
    world.invalid = [{ kind: 'EdgeModel', metadata, status: undefined, errors }];
    expect(checkStatuses(world.decide().actions)).toBe(2);
  });
});
