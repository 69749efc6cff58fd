import { describe, expect, it } from 'vitest';
import type { Action } from './decision.ts';
import { fleetOf, modelOf, rolloutOf } from './fixtures/objects.ts';
import { TinyWorld } from './fixtures/tiny-world.ts';

/** Kinds of writes in the order that is safe to be cut: each may rest on those before it, never on those after. */
const ORDER: readonly (readonly Action['kind'][])[] = [
  ['SetFinalizers'],
  ['CreateRevision', 'MarkRevision', 'WriteMemory'],
  ['CreateConfigMap'],
  ['ApplyService', 'DeleteService'],
  ['WriteRolloutStatus', 'WriteModelStatus'],
  ['CreatePod', 'DeletePod'],
  ['Event'],
  ['DeleteConfigMap', 'DeleteRevision'],
];
const rank = ({ kind }: Action) => ORDER.findIndex((kinds) => kinds.includes(kind));

const startedWorld = (behaviour: 'healthy' | 'crashes') => {
  const world = new TinyWorld(fleetOf(6), modelOf({ config: { 'labels.txt': 'ok' } }), rolloutOf());
  world.promoteFirst();
  world.release('2.0.0', behaviour);
  return world;
};

const END = { healthy: 'Promoted', crashes: 'RolledBack' } as const;

class Cut extends Error {}

describe('the actions of a decision', () => {
  it.each(['healthy', 'crashes'] as const)('come in the order that is safe (%s)', (behaviour) => {
    const world = startedWorld(behaviour);
    world.untilPhase(END[behaviour]);
    const { batches } = world;
    for (const actions of batches) {
      const ranks = actions.map(rank);
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      // Of two operators only one gets past the status.
      const touchesPods = actions.some(({ kind }) => kind === 'CreatePod' || kind === 'DeletePod');
      expect(!touchesPods || actions.some(({ kind }) => kind === 'WriteRolloutStatus')).toBe(true);
      // A memory that says how an attempt ended comes after the mark that says so.
      const ended = actions.findIndex(
        (each) => each.kind === 'WriteMemory' && each.memory.ended !== undefined,
      );
      const marked = actions.findLastIndex(({ kind }) => kind === 'MarkRevision');
      expect(ended === -1 || marked < ended).toBe(true);
    }
    expect(batches.flat().map(({ kind }) => kind)).toContain('MarkRevision');
  });

  it('leave the Pass of the last wave behind before the mark that rests on it', () => {
    const waves = [
      { name: 'canary', nodes: 1, soak: '1m' },
      { name: 'all', nodes: '100%', soak: '1m' },
    ];
    const world = new TinyWorld(fleetOf(4), modelOf(), rolloutOf({ waves }));
    world.promoteFirst();
    world.release('2.0.0');
    const passed: (string | undefined)[][] = [];
    world.before = (action) => {
      if (action.kind !== 'MarkRevision') return;
      const [memory] = world.observed().memories;
      passed.push(memory?.memory.walks.flatMap(({ steps }) => steps.map((step) => step.passed?.by)) ?? []);
    };
    world.untilPhase('Promoted');
    expect(passed).toEqual([['Judge', 'Judge']]);
    expect(world.events.filter(({ reason }) => reason === 'WavePassed')).toHaveLength(2);
  });

  it.each(['healthy', 'crashes'] as const)(
    'may be cut anywhere, and it all ends as without a cut (%s)',
    (behaviour) => {
      const whole = startedWorld(behaviour);
      const before = whole.done.length + whole.events.length;
      whole.untilPhase(END[behaviour]);
      whole.tick(3);
      const length = whole.done.length + whole.events.length - before;

      for (let cut = 0; cut < length; cut += 1) {
        const world = startedWorld(behaviour);
        let left = cut;
        world.before = () => {
          if (left === 0) {
            left = -1;
            throw new Cut();
          }
          left -= 1;
        };
        const tick = () => {
          try {
            world.tick();
          } catch (error) {
            if (!(error instanceof Cut)) throw error;
            // A new process knows nothing but what the API server holds.
            world.acceptance.clear();
            world.remade.clear();
            world.mismatched.clear();
          }
        };
        for (let times = 0; times < 200 && world.phase() !== END[behaviour]; times += 1) tick();
        tick();
        tick();
        tick();
        expect({ cut, serving: world.serving(), phase: world.phase() }).toEqual({
          cut,
          serving: whole.serving(),
          phase: END[behaviour],
        });
        expect(world.rollout.status?.rejected?.length).toBe(whole.rollout.status?.rejected?.length);
        expect(world.done.filter(({ kind }) => kind === 'CreateRevision')).toHaveLength(2);
        expect(world.rollout.status?.stable).toEqual(whole.rollout.status?.stable);
      }
    },
  );
});
