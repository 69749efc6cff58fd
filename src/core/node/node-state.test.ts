import { describe, expect, it } from 'vitest';
import { contentOf, containerOf, CPU, MINUTE, nodeOf, podOf, readyPod, START } from '../fixtures/objects.ts';
import { nodeState, withDeadline } from './node-state.ts';
import type { NodeState, Target } from './node-state.ts';
import { reason } from '../reason.ts';
import type { PodView } from '../views/pod-view.ts';

const NODE = nodeOf('edge-1');
const NONE = { kind: 'None' } as const;

const target = (more: Partial<Target> = {}): Target => ({
  revision: 'rev-b',
  content: contentOf('2.0.0'),
  variant: CPU,
  cohort: 'cpu',
  strategy: 'Surge',
  strategyWhy: '',
  mayReplace: true,
  ...more,
});

const old = (more: Partial<PodView> = {}) =>
  readyPod({ name: 'old', uid: 'uid-old', revision: 'rev-a', ...more });
const next = (more: Partial<PodView> = {}) =>
  podOf({ name: 'new', uid: 'uid-new', revision: 'rev-b', ...more });
const prefetch = (more: Partial<PodView> = {}) =>
  podOf({ name: 'pre', uid: 'uid-pre', revision: 'rev-b', role: 'prefetch', ...more });

const STARTING = { phase: 'Running', containers: [containerOf({ startedAt: START })] } as const;
const UNSCHEDULABLE = {
  bound: false,
  unschedulable: { message: '0/1 nodes: memory', since: START },
} as const;
const TAINTED = {
  bound: false,
  unschedulable: {
    message: '0/2 nodes: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }',
    since: START,
  },
} as const;
const ENDED = { phase: 'Failed', reason: 'UnexpectedAdmissionError', ready: false } as const;
const CRASHING = {
  phase: 'Running',
  ready: false,
  containers: [
    containerOf({
      restarts: 3,
      waiting: { reason: 'CrashLoopBackOff', message: 'back-off' },
      terminated: { exitCode: 1, reason: 'Error', startedAt: START, at: START + 1000 },
    }),
  ],
} as const;

interface Step {
  readonly name: string;
  readonly target?: Partial<Target>;
  readonly pods: readonly PodView[];
  readonly phase: NodeState['phase'];
  readonly want?: string;
  readonly leftovers?: readonly string[];
  readonly interrupted?: boolean;
}

/** The want in a word, with the pods that it takes away. */
function shown({ wants }: NodeState): string | undefined {
  if (wants === undefined) return undefined;
  switch (wants.kind) {
    case 'CreateServe':
      return `CreateServe${wants.beside ? ' beside' : ''}${wants.fetched ? ', fetched' : ''}`;
    case 'CreatePrefetch':
      return 'CreatePrefetch';
    case 'Switch':
      return `Switch ${wants.pods.map(({ name }) => name).join()}${wants.interrupts ? ', interrupts' : ''}`;
    case 'Remake':
      return `Remake ${wants.pod.name}`;
  }
}

const SURGE: readonly Step[] = [
  { name: 'nothing there', pods: [], phase: 'Waiting', want: 'CreateServe', interrupted: true },
  { name: 'the old one serves', pods: [old()], phase: 'Waiting', want: 'CreateServe beside' },
  { name: 'the new one fetches beside it', pods: [old(), next()], phase: 'Prefetching' },
  { name: 'the new one starts beside it', pods: [old(), next(STARTING)], phase: 'Switching' },
  {
    name: 'the new one is ready',
    pods: [old(), readyPod({ ...next(), ...readyOf(next()) })],
    phase: 'Serving',
    leftovers: ['old'],
  },
  {
    name: 'the old one is going',
    pods: [old({ deleting: true }), readyPod(readyOf(next()))],
    phase: 'Serving',
    leftovers: [],
  },
  { name: 'the new one crashes: the old one stays', pods: [old(), next(CRASHING)], phase: 'Failed' },
  {
    name: 'the new one ended: made again',
    pods: [old(), next(ENDED)],
    phase: 'Switching',
    want: 'Remake new',
  },
  {
    name: 'no place beside the old one: Replace',
    pods: [old(), next(UNSCHEDULABLE)],
    phase: 'Waiting',
    want: 'CreatePrefetch',
  },
  {
    name: 'no place, and Surge is what people asked for',
    target: { mayReplace: false },
    pods: [old(), next(UNSCHEDULABLE)],
    phase: 'Waiting',
  },
  {
    name: 'no place, fetched ahead: the old one goes',
    pods: [old(), next(UNSCHEDULABLE), readyPod(readyOf(prefetch()))],
    phase: 'Prefetching',
    want: 'Switch old, interrupts',
  },
  {
    name: 'a taint is no want of room',
    pods: [old(), next(TAINTED)],
    phase: 'Waiting',
  },
  {
    name: 'no place although nothing else is there',
    pods: [next(UNSCHEDULABLE)],
    phase: 'Waiting',
    interrupted: true,
  },
];

const REPLACE: readonly Step[] = [
  { name: 'nothing there', pods: [], phase: 'Waiting', want: 'CreateServe', interrupted: true },
  { name: 'the old one serves: fetch first', pods: [old()], phase: 'Waiting', want: 'CreatePrefetch' },
  { name: 'fetching', pods: [old(), prefetch()], phase: 'Prefetching' },
  {
    name: 'the fetch ended: made again',
    pods: [old(), prefetch(ENDED)],
    phase: 'Prefetching',
    want: 'Remake pre',
  },
  {
    name: 'fetched: the old one goes',
    pods: [old(), readyPod(readyOf(prefetch()))],
    phase: 'Prefetching',
    want: 'Switch old, interrupts',
  },
  {
    name: 'fetched, but another revision: fetch this one',
    pods: [old(), readyPod({ ...readyOf(prefetch()), revision: 'rev-c' })],
    phase: 'Waiting',
    want: 'CreatePrefetch',
    leftovers: ['pre'],
  },
  {
    name: 'the old one is going',
    pods: [old({ deleting: true }), readyPod(readyOf(prefetch()))],
    phase: 'Switching',
    interrupted: true,
  },
  {
    name: 'the old one is gone',
    pods: [readyPod(readyOf(prefetch()))],
    phase: 'Waiting',
    want: 'CreateServe, fetched',
    interrupted: true,
  },
  {
    name: 'the new one starts',
    pods: [next(STARTING), readyPod(readyOf(prefetch()))],
    phase: 'Switching',
    interrupted: true,
  },
  {
    name: 'the new one is ready',
    pods: [readyPod(readyOf(next())), readyPod(readyOf(prefetch()))],
    phase: 'Serving',
    leftovers: ['pre'],
  },
  {
    name: 'the old one is broken: no fetch ahead',
    pods: [old(CRASHING)],
    phase: 'Waiting',
    want: 'Switch old',
    interrupted: true,
  },
];

function readyOf(pod: PodView): Partial<PodView> {
  return {
    ...pod,
    phase: 'Running',
    ready: true,
    readySince: START,
    containers: [containerOf({ ready: true, startedAt: START })],
  };
}

describe.each([
  ['Surge', SURGE],
  ['Replace', REPLACE],
] as const)('a node on its way by %s', (strategy, steps) => {
  it.each(steps)('$name', (step) => {
    const state = nodeState(NODE, target({ strategy, ...step.target }), step.pods, NONE);
    expect({
      phase: state.phase,
      want: shown(state),
      leftovers: state.leftovers.map(({ name }) => name),
      interrupted: state.interrupted,
    }).toEqual({
      phase: step.phase,
      want: step.want,
      leftovers: step.leftovers ?? [],
      interrupted: step.interrupted ?? false,
    });
  });
});

describe('a node that gets nothing new', () => {
  const CORDONED = { kind: 'SetAside', reason: reason('Cordoned', 'cordoned') } as const;
  it.each([
    { name: 'offline', node: { ready: 'Unknown' }, refusal: NONE, pods: [old(), next()], phase: 'Offline' },
    { name: 'being deleted', node: { deleting: true }, refusal: NONE, pods: [old()], phase: 'Offline' },
    { name: 'cordoned', node: {}, refusal: CORDONED, pods: [old()], phase: 'SetAside' },
    { name: 'cordoned, its pod ended', node: {}, refusal: CORDONED, pods: [next(ENDED)], phase: 'Switching' },
    {
      name: 'of hardware that holds no variant',
      node: {},
      refusal: { kind: 'Incompatible', reason: reason('NoVariantFits', 'none') },
      pods: [old()],
      phase: 'Incompatible',
    },
  ] as const)('$name', ({ node, refusal, pods, phase }) => {
    const state = nodeState({ ...NODE, ...node }, target(), pods, refusal);
    expect(state).toMatchObject({ phase, wants: undefined, leftovers: [] });
  });

  it('that the model selects no more loses its pods, unless it is offline', () => {
    const gone = { kind: 'Gone' } as const;
    expect(nodeState(NODE, undefined, [old()], gone).leftovers).toHaveLength(1);
    expect(nodeState({ ...NODE, ready: 'False' }, undefined, [old()], gone).leftovers).toEqual([]);
  });
});

const starting = (pod: Partial<PodView>, node = {}) =>
  nodeState({ ...NODE, ...node }, target(), [next({ ...STARTING, ...pod })], NONE);

const failsAt = (after: number, pod: Partial<PodView> = {}, node = {}) =>
  withDeadline(starting(pod, node), START + after, 30 * MINUTE);

describe('the progress deadline', () => {
  it.each([
    { name: 'counts from the start of the container', pod: {}, after: 30 * MINUTE, failed: true },
    { name: 'is not over a moment before', pod: {}, after: 30 * MINUTE - 1, failed: false },
    {
      name: 'counts from the loss of readiness of a pod that had served',
      pod: { notReadySince: START + 60 * MINUTE },
      after: 61 * MINUTE,
      failed: false,
    },
    {
      name: 'ends there as well',
      pod: { notReadySince: START + 60 * MINUTE },
      after: 90 * MINUTE,
      failed: true,
    },
    {
      name: 'counts from the return of the node',
      pod: { notReadySince: START },
      node: { readySince: START + 120 * MINUTE },
      after: 121 * MINUTE,
      failed: false,
    },
  ])('$name', ({ pod, node, after, failed }) => {
    const state = failsAt(after, pod, node);
    expect(state.phase).toBe(failed ? 'Failed' : 'Switching');
    expect(state.reason?.code).toBe(failed ? 'ProgressDeadline' : undefined);
  });

  it('says the same sentence at each look', () => {
    expect(failsAt(45 * MINUTE).reason?.message).toBe(failsAt(50 * MINUTE).reason?.message);
  });

  it('does not run while an image is on its way', () => {
    const fetching = nodeState(NODE, target(), [next()], NONE);
    expect(withDeadline(fetching, START + 600 * MINUTE, 30 * MINUTE).phase).toBe('Prefetching');
  });
});
