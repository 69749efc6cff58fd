import { expect, it } from 'vitest';
import { CPU, GPU, modelOf, nodeOf, rolloutOf } from './fixtures/objects.ts';
import { TinyWorld } from './fixtures/tiny-world.ts';

const ORIN = { ...GPU, hardware: { nodeSelector: { accelerator: 'orin' } } };

const WAVES = [
  { name: 'canary', nodes: 1, soak: '30s' },
  { name: 'half', nodes: '50%', soak: '2m' },
  { name: 'all', nodes: '100%' },
];

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

/** Ten nodes with a GPU and some without; what is broken on the GPU nodes shows in the second wave. */
function brokenOnGpus(others: number) {
  const world = new TinyWorld(
    [
      ...names('cpu', others).map((name) => nodeOf(name)),
      ...names('gpu', 10).map((name) => nodeOf(name, { labels: { accelerator: 'orin' } })),
    ],
    modelOf({ variants: [ORIN, CPU] }),
    rolloutOf({ failureScope: 'Cohort', waves: WAVES, limits: { maxUnavailable: 1, maxPrefetching: 1 } }),
  );
  world.promoteFirst();
  const hash = world.release('2.0.0');
  world.until('half of them', () => on(world, '2.0.0').filter(isGpu).length === 5, 400);
  world.until('a soak', () => world.phase() === 'Soaking');
  return { world, hash };
}

const isGpu = (name: string) => name.startsWith('gpu');

/** Nodes that hold a pod of the version that is to serve, be it on its way in or out. */
function on(world: TinyWorld, version: string): string[] {
  return world
    .podViews()
    .filter(({ role, labels }) => role === 'serve' && labels['app.kubernetes.io/version'] === version)
    .map(({ node }) => node);
}

/** By wave of the second attempt: the most nodes with a GPU that ran the candidate when another one was given it. */
function watched(world: TinyWorld): ReadonlyMap<string, number> {
  const most = new Map<string, number>();
  world.before = (action) => {
    if (action.kind !== 'CreatePod' || !isGpu(action.node)) return;
    const { labels = {} } = action.pod.metadata;
    if (labels['outrigger.dev/role'] !== 'serve' || labels['app.kubernetes.io/version'] !== '2.0.0') return;
    const memory = world.observed().memories.find((each) => each.memory.attempt === 2)?.memory;
    const step = memory?.walks.at(-1)?.steps.at(-1);
    const wave = memory?.waves[step?.index ?? -1]?.name ?? 'none';
    const running = new Set([...on(world, '2.0.0').filter(isGpu), action.node]).size;
    most.set(wave, Math.max(running, most.get(wave) ?? 0));
  };
  return most;
}

it('a cohort that is to try again waits for the others, and then takes its waves from the first, within their sizes', () => {
  const { world, hash } = brokenOnGpus(10);
  world.breakReadiness(({ labels, node }) => isGpu(node) && labels['app.kubernetes.io/version'] === '2.0.0');
  world.until('the verdict', () => (world.rollout.status?.rejected ?? []).length > 0, 400);
  const sizes = watched(world);
  world.annotate({ 'outrigger.dev/retry': `${hash}.1` });
  world.until('the promotion', () => on(world, '2.0.0').length === 20 && world.phase() === 'Promoted', 400);
  // Not one for each pass in which the retry is still there.
  expect(world.rollout.status?.rejected).toMatchObject([{ attempt: 1, cohort: 'gpu' }]);
  expect(Object.fromEntries(sizes)).toEqual({ canary: 1, half: 5, all: 10 });
});
