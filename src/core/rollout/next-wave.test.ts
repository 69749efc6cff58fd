import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CountOrPercent } from '../../api/fraction.ts';
import { fleetOf, contentOf, CPU, nodeOf, podOf, START } from '../fixtures/objects.ts';
import { memoryOf, stepOf } from '../fixtures/memory.ts';
import type { Surveyed } from '../fleet/survey.ts';
import type { NodeView } from '../views/node-view.ts';
import { rosterOf, withStep } from './memory.ts';
import { nextWave } from './next-wave.ts';
import { tooFewReachable } from './reached.ts';

const surveyed = (node: NodeView, more: Partial<Surveyed> = {}): Surveyed => {
  const placement = { content: contentOf(), variant: CPU, cohort: 'cpu' };
  return {
    node,
    reachable: node.ready === 'True',
    setAside: undefined,
    current: { ...placement, revision: 'rev-b' },
    fit: { fits: true, variant: CPU, refusals: [] },
    stable: { ...placement, revision: 'rev-a' },
    tried: undefined,
    pods: [],
    ...more,
  };
};

const next = (nodes: readonly Surveyed[], more: Partial<Parameters<typeof nextWave>[0]> = {}) =>
  nextWave({
    memory: memoryOf(),
    cohorts: new Map([['cpu', nodes]]),
    from: 0,
    canarySelector: undefined,
    holdback: '10%',
    now: START,
    ...more,
  });

describe('the next wave', () => {
  const ten = fleetOf(10).map((node) => surveyed(node));

  it('draws at random, and keeps the rest as controls', () => {
    const cohort = next(ten)?.cohorts['cpu'];
    expect(cohort).toMatchObject({ drawn: true, eligible: 10 });
    expect(cohort?.nodes).toHaveLength(1);
    expect([...(cohort?.nodes ?? []), ...(cohort?.controls ?? [])].toSorted()).toEqual(
      ten.map(({ node }) => node.name).toSorted(),
    );
  });

  it('takes those that were disturbed first, and claims no draw for them', () => {
    const memory = memoryOf({ disturbed: ['edge-7', 'gone'] });
    expect(next(ten, { memory })?.cohorts['cpu']).toMatchObject({ nodes: ['edge-7'], drawn: false });
  });

  it('takes the chosen ring first, and fills up by the draw', () => {
    const nodes = ten.map((each, index) =>
      index === 4 ? surveyed(nodeOf(each.node.name, { labels: { ring: 'canary' } })) : each,
    );
    const memory = memoryOf({ waves: memoryOf().waves.map((wave) => ({ ...wave, nodes: 3 })) });
    const cohort = next(nodes, { memory, canarySelector: { ring: 'canary' } })?.cohorts['cpu'];
    expect(cohort?.nodes[0]).toBe('edge-5');
    expect(cohort?.nodes).toHaveLength(3);
    expect(cohort?.drawn).toBe(false);
  });

  it('passes over waves that add no node, but never over the last', () => {
    const two = ten.slice(0, 2);
    const memory = memoryOf({ walks: [{ cohorts: ['cpu'], steps: [stepOf(0, ['edge-1'])] }] });
    expect(next(two, { memory, from: 1 })?.index).toBe(2);
    const all = memoryOf({ walks: [{ cohorts: ['cpu'], steps: [stepOf(0, ['edge-1', 'edge-2'])] }] });
    expect(next(two, { memory: all, from: 1 })).toMatchObject({ index: 2, cohorts: { cpu: { nodes: [] } } });
    expect(next(two, { from: 3 })).toBeUndefined();
  });

  it('chooses no node that is out of reach or set aside', () => {
    const nodes = ten.map((each, index) =>
      index < 5
        ? surveyed(nodeOf(each.node.name, { ready: 'Unknown' }))
        : index < 8
          ? { ...each, setAside: { code: 'Cordoned', message: '' } }
          : each,
    );
    const cohort = next(nodes, { from: 2 })?.cohorts['cpu'];
    expect(cohort?.nodes.toSorted()).toEqual(['edge-10', 'edge-9']);
  });

  it('never exceeds its size, over any walk through the waves, and adds no node twice', () => {
    const percents: readonly CountOrPercent[] = [1, 3, '10%', '50%', '90%'];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...percents), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.nat(39), { maxLength: 10 }),
        (sizes, count, dark) => {
          const waves = [...sizes, '100%'].map((nodes, index) => ({
            name: `wave-${index}`,
            nodes,
            soakMs: 1000,
            approvalRequired: false,
          }));
          const nodes = fleetOf(count).map((node, index) =>
            surveyed({ ...node, ready: dark.includes(index) ? 'Unknown' : 'True' }),
          );
          let memory = memoryOf({ waves });
          for (let from = 0; from < waves.length;) {
            const step = next(nodes, { memory, from });
            if (step === undefined) throw new Error('the last wave always comes');
            const had = rosterOf(memory).get('cpu') ?? new Set();
            const added = step.cohorts['cpu']?.nodes ?? [];
            expect(added.filter((name) => had.has(name))).toEqual([]);
            memory = withStep(memory, step);
            const size = rosterOf(memory).get('cpu')?.size ?? 0;
            const last = step.index === waves.length - 1;
            expect(size).toBeLessThanOrEqual(last ? count : Math.max(1, count / 2));
            from = step.index + 1;
          }
          expect(rosterOf(memory).get('cpu')?.size ?? 0).toBe(
            nodes.filter(({ reachable }) => reachable).length,
          );
        },
      ),
    );
  });
});

describe('a cohort that was set aside begins anew', () => {
  const ten = fleetOf(10).map((node) => surveyed(node));
  const names = ['edge-2', 'edge-5', 'edge-7'];
  const memory = memoryOf({
    walks: [
      { cohorts: ['cpu'], steps: [stepOf(0, ['edge-2']), stepOf(1, ['edge-5', 'edge-7'])] },
      { cohorts: ['cpu'], steps: [] },
    ],
  });

  it('at the first wave, with a node that has the candidate; the others go back', () => {
    const cohort = next(ten, { memory })?.cohorts['cpu'];
    expect(cohort).toMatchObject({ drawn: false });
    expect(cohort?.nodes).toHaveLength(1);
    expect(names).toEqual(expect.arrayContaining([...(cohort?.nodes ?? [])]));
    expect(rosterOf(withStep(memory, stepOf(0, ['edge-2']))).get('cpu')).toEqual(new Set(['edge-2']));
  });

  it('with others where those are away', () => {
    const away = ten.map((each) => (names.includes(each.node.name) ? { ...each, reachable: false } : each));
    const cohort = next(away, { memory })?.cohorts['cpu'];
    expect(cohort?.nodes).toHaveLength(1);
    expect(names).not.toEqual(expect.arrayContaining([...(cohort?.nodes ?? [])]));
  });
});

describe('shares of a cohort', () => {
  it('are of the nodes that can be reached, and of those that were before the wave', () => {
    const nodes = fleetOf(20).map((node, index) => surveyed(node, { reachable: index >= 10 }));
    expect(next(nodes, { from: 1 })?.cohorts['cpu']).toMatchObject({ eligible: 10 });
    expect(next(nodes, { from: 1 })?.cohorts['cpu']?.nodes).toHaveLength(5);
    // One that took the candidate and went dark counts, and has its place in the wave.
    const memory = memoryOf({ walks: [{ cohorts: ['cpu'], steps: [stepOf(0, ['edge-1'])] }] });
    const half = next(nodes, { from: 1, memory })?.cohorts['cpu'];
    expect(half).toMatchObject({ eligible: 11 });
    expect(half?.nodes).toHaveLength(4);
  });
});

describe('enough of a cohort was reached', () => {
  const HOUR = 3_600_000;
  const away = (hours: number) =>
    surveyed(nodeOf(`away-${hours}`, { ready: 'Unknown', readySince: START - hours * HOUR }));
  const here = fleetOf(4).map((node) => surveyed(node));
  it.each([
    { name: 'all there', nodes: here, enough: true },
    { name: 'four of five', nodes: [...here, away(1)], enough: true },
    { name: 'four of six', nodes: [...here, away(1), away(2)], enough: false },
    { name: 'away for longer than 72 h: not counted', nodes: [...here, away(73), away(90)], enough: true },
    {
      name: 'reached before it went away',
      nodes: [...here, away(1), { ...away(2), pods: [podOf({ revision: 'rev-b' })] }],
      enough: true,
    },
    { name: 'nobody', nodes: [], enough: false },
  ])('$name: $enough', ({ nodes, enough }) => {
    expect(tooFewReachable('cpu', nodes, 'rev-b', 0.8, START) === undefined).toBe(enough);
  });

  it('also of those that could be reached when the rollout began, and went dark since', () => {
    const nodes = [...here, away(1), away(2)];
    expect(tooFewReachable('cpu', nodes, 'rev-b', 0.8, START, START - 1.5 * HOUR)).toBeUndefined();
    expect(tooFewReachable('cpu', nodes, 'rev-b', 0.8, START, START - 0.5 * HOUR)).toMatchObject({
      code: 'TooFewReachable',
      message: expect.stringMatching(/^4 of 6 nodes/),
    });
  });
});
