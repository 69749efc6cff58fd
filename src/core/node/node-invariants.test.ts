import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { containerOf, contentOf, CPU, nodeOf, podOf, START } from '../fixtures/objects.ts';
import type { PodView } from '../views/pod-view.ts';
import { allot } from './allot.ts';
import { nodeState } from './node-state.ts';
import type { NodeState, Target } from './node-state.ts';

/** How a pod may be found: each is what podView makes of some real status. */
const CONDITIONS: Readonly<Record<string, Partial<PodView>>> = {
  fetching: {},
  unschedulable: { bound: false, unschedulable: { message: 'no place', since: START } },
  'no image': { containers: [containerOf({ waiting: { reason: 'ErrImagePull', message: 'no' } })] },
  starting: { phase: 'Running', containers: [containerOf({ startedAt: START })] },
  ready: {
    phase: 'Running',
    ready: true,
    readySince: START,
    containers: [containerOf({ ready: true, startedAt: START })],
  },
  crashing: {
    phase: 'Running',
    containers: [
      containerOf({
        restarts: 4,
        waiting: { reason: 'CrashLoopBackOff', message: '' },
        terminated: { exitCode: 1, reason: 'Error', startedAt: START, at: START + 1 },
      }),
    ],
  },
  ended: { phase: 'Failed', reason: 'Evicted' },
};

const pod = fc
  .record({
    condition: fc.constantFrom(...Object.keys(CONDITIONS)),
    revision: fc.constantFrom('rev-a', 'rev-b', 'rev-c'),
    variant: fc.constantFrom('cpu', 'gpu'),
    role: fc.constantFrom('serve' as const, 'prefetch' as const),
    deleting: fc.boolean(),
  })
  .map(({ condition, ...more }) => {
    const name = `${more.role}-${more.revision}-${more.variant}`;
    return podOf({ ...CONDITIONS[condition], ...more, name, uid: `uid-${name}` });
  });

/** Names are made of role, revision, variant and node: no two pods of a node share them. */
const pods = fc.uniqueArray(pod, { selector: ({ name }) => name, maxLength: 6 });

const target = fc
  .record({
    revision: fc.constantFrom('rev-a', 'rev-b'),
    strategy: fc.constantFrom('Surge' as const, 'Replace' as const),
    mayReplace: fc.boolean(),
  })
  .map((more): Target => ({ ...more, content: contentOf(), variant: CPU, cohort: 'cpu', strategyWhy: '' }));

const situation = fc.record({
  ready: fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const),
  deleting: fc.boolean(),
  target: fc.option(target, { nil: undefined }),
  pods,
  refusal: fc.constantFrom('None' as const, 'SetAside' as const, 'Incompatible' as const),
});

const stateOf = (name: string, each: typeof situation extends fc.Arbitrary<infer T> ? T : never): NodeState =>
  nodeState(nodeOf(name, { ready: each.ready, deleting: each.deleting }), each.target, each.pods, {
    kind: each.refusal,
    reason: { code: 'Because', message: 'because' },
  });

/** All that a state would have taken off its node. */
const removed = ({ wants, leftovers }: NodeState): PodView[] => [
  ...leftovers,
  ...(wants?.kind === 'Switch' ? wants.pods : wants?.kind === 'Remake' ? [wants.pod] : []),
];

const isReady = (each: PodView) => each.role === 'serve' && each.ready && !each.deleting;

describe('invariants of a node, whatever is found on it', () => {
  it('4: nothing is wanted and nothing taken away on a node that is not Ready', () => {
    fc.assert(
      fc.property(situation, (each) => {
        fc.pre(each.ready !== 'True' || each.deleting);
        const state = stateOf('edge-1', each);
        expect(state.wants).toBeUndefined();
        expect(state.leftovers).toEqual([]);
      }),
    );
  });

  it('3: the last serving pod stays until what replaces it is ready, or fetched ahead', () => {
    fc.assert(
      fc.property(situation, (each) => {
        const state = stateOf('edge-1', each);
        const gone = new Set(removed(state).map(({ uid }) => uid));
        const before = each.pods.filter(isReady);
        const after = before.filter(({ uid }) => !gone.has(uid));
        if (before.length === 0 || after.length > 0) return;
        // Nothing serves after: then the target was fetched ahead, and it is counted.
        const mine = (pod_: PodView) =>
          pod_.revision === each.target?.revision && pod_.variant === each.target.variant.name;
        const fetched = each.pods.some(
          (pod_) => pod_.role === 'prefetch' && mine(pod_) && pod_.ready && !pod_.deleting,
        );
        expect(fetched).toBe(true);
        expect(state.wants).toMatchObject({ kind: 'Switch', interrupts: true });
      }),
      { numRuns: 2_000 },
    );
  });

  it('what is asked for twice, or is going already, is not asked for', () => {
    fc.assert(
      fc.property(situation, (each) => {
        const state = stateOf('edge-1', each);
        const uids = removed(state).map(({ uid }) => uid);
        expect(new Set(uids).size).toBe(uids.length);
        expect(removed(state).filter(({ deleting }) => deleting)).toEqual([]);
        const has = (role: string) =>
          each.pods.some(
            (pod_) => pod_.role === role && pod_.revision === each.target?.revision && pod_.variant === 'cpu',
          );
        expect(state.wants?.kind === 'CreateServe' && has('serve')).toBe(false);
        expect(state.wants?.kind === 'CreatePrefetch' && has('prefetch')).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('5: what is granted never takes more nodes out of service than allowed, counting those that are out', () => {
    fc.assert(
      fc.property(
        fc.array(situation, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        (all, most) => {
          const states = all.map((each, index) => stateOf(`edge-${index}`, each));
          const { granted } = allot(states, {
            maxUnavailable: () => most,
            pulls: { max: 3, own: 0, elsewhere: 0, ahead: false, starts: 50, isUrgent: () => false },
          });
          const out = states.filter(({ interrupted }) => interrupted).length;
          const more = granted.filter(({ want }) => want.kind === 'Switch' && want.interrupts).length;
          expect(out + more).toBeLessThanOrEqual(Math.max(most, out));
        },
      ),
    );
  });
});
