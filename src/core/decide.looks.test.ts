import { describe, expect, it } from 'vitest';
import { answerOf, ERRORS, frozen, saying } from './fixtures/judge.ts';
import { CPU, fleetOf, GPU, modelOf, nodeOf, rolloutOf } from './fixtures/objects.ts';
import { TinyWorld } from './fixtures/tiny-world.ts';
import { parseMemory } from './rollout/memory-config-map.ts';
import type { CandidateMemory, WaveStep } from './rollout/memory.ts';
import type { JudgeNeed } from './rollout/judge-need.ts';

const ANALYSIS = { resolution: '5s', warmup: '5s', metrics: [ERRORS] };
const WAVES = [
  { name: 'canary', nodes: 3, soak: '50s' },
  { name: 'all', nodes: '100%' },
];

const passes: TinyWorld['judge'] = (need) => answerOf(need, 'Pass');

function worldOf(spec: Parameters<typeof rolloutOf>[0] = {}, nodes = fleetOf(12)) {
  const world = new TinyWorld(
    nodes,
    modelOf({ variants: [GPU, CPU] }),
    rolloutOf({ waves: WAVES, analysis: ANALYSIS, ...spec }),
  );
  world.promoteFirst();
  const needs: JudgeNeed[] = [];
  let answer = passes;
  world.judge = (need) => {
    needs.push(need);
    return answer(need);
  };
  return {
    world,
    needs,
    answers: (next: TinyWorld['judge']) => {
      answer = next;
    },
  };
}

function memoryOf(world: TinyWorld): CandidateMemory {
  const [memory] = [...world.configMaps.values()].flatMap((object) => parseMemory(object) ?? []);
  if (memory === undefined) throw new Error('there is no memory');
  return memory;
}

const stepOf = (world: TinyWorld): WaveStep => {
  const step = memoryOf(world).walks.at(-1)?.steps.at(-1);
  if (step === undefined) throw new Error('there is no wave');
  return step;
};

/** What is written of a memory, with its latest step changed. */
function damage(world: TinyWorld, change: (step: WaveStep) => WaveStep): void {
  const [name, object] = [...world.configMaps].find(([, each]) => parseMemory(each) !== undefined) ?? [];
  if (name === undefined || object === undefined) throw new Error('there is no memory');
  const memory = memoryOf(world);
  const walks = memory.walks.map((walk, index) =>
    index < memory.walks.length - 1
      ? walk
      : { ...walk, steps: walk.steps.map((step, at) => (at < walk.steps.length - 1 ? step : change(step))) },
  );
  const data = { 'memory.json': JSON.stringify({ ...memory, walks }) };
  world.configMaps.set(name, { ...object, data } as typeof object);
}

const writes = (world: TinyWorld) => world.done.filter(({ kind }) => kind === 'WriteMemory').length;

describe('decide: the looks of the sequential judge', () => {
  it('are taken at each step from the second on, each once, and a Pass counts when the soak is over', () => {
    const { world, needs } = worldOf();
    world.release('2.0.0');
    world.untilPhase('Soaking');
    const { from, to } = stepOf(world).windows[0] ?? { from: 0, to: 0 };
    expect(from).toBeGreaterThan(world.now - 5_000);
    world.until('the end of the soak', () => world.now >= to);
    expect(stepOf(world).passed).toBeUndefined();
    expect(world.rollout.status?.message).toMatch(
      /after \d steps: WithinMargin of metric errors in cohort cpu/,
    );
    world.untilPhase('Promoted');
    expect(needs.map(({ minute }) => minute)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(memoryOf(world).walks[0]?.steps[0]?.windows).toHaveLength(1);
    expect(memoryOf(world).walks[0]?.steps[0]?.trials?.[0]?.verdicts).toMatchObject([
      { metric: 'errors', verdict: 'Pass' },
    ]);
  });

  it('end the wave at once where they find harm, and write it down before', () => {
    const { world, answers } = worldOf();
    answers((need) =>
      need.minute < 4
        ? answerOf(need, 'Undecided')
        : answerOf(need, 'Fail', {
            failed: { minute: need.minute, metrics: ['errors'], cohorts: ['cpu'], by: 'EProcess' },
          }),
    );
    world.release('2.0.0');
    world.until('the rejection', () => (world.rollout.status?.rejected ?? []).length > 0);
    const { to } = stepOf(world).windows[0] ?? { to: 0 };
    expect(world.now).toBeLessThan(to);
    expect(world.rollout.status?.rejected).toMatchObject([{ reason: 'HarmBeyondMargin' }]);
    const batch = world.batches.findLast((each) => each.some(({ kind }) => kind === 'MarkRevision'));
    expect(batch?.map(({ kind }) => kind)).toContain('WriteMemory');
    expect(stepOf(world).trials?.[0]?.memory?.failed?.minute).toBe(4);
  });

  it('go on over the same window while the evidence does not decide', () => {
    const { world, needs, answers } = worldOf();
    answers((need) => answerOf(need, need.minute < 30 ? 'Undecided' : 'Pass'));
    world.release('2.0.0');
    world.until('a hold', () => world.phase() === 'Holding');
    expect(world.rollout.status?.message).toMatch(/it is Undecided/);
    world.untilPhase('Promoted');
    expect(needs.at(-1)?.minute).toBe(30);
    expect(new Set(needs.map(({ from }) => from)).size).toBe(1);
    expect(memoryOf(world).walks[0]?.steps[0]?.windows).toHaveLength(1);
  });

  it('go on while the rollout is paused', () => {
    const { world, needs, answers } = worldOf({
      waves: [
        { name: 'canary', nodes: 3, soak: '50s' },
        { name: 'all', nodes: '100%' },
      ],
    });
    answers((need) => answerOf(need, 'Undecided'));
    world.release('2.0.0');
    world.untilPhase('Soaking');
    world.until('a look', () => needs.length > 0);
    world.editRollout({ paused: true });
    const before = needs.length;
    world.tick(4);
    expect(needs.length).toBeGreaterThan(before + 2);
  });

  it('are seldom once the evidence is inconclusive', () => {
    const { world, needs, answers } = worldOf({
      inconclusiveAfter: '5m',
      limits: { progressDeadline: '1m' },
    });
    answers((need) => answerOf(need, 'Undecided'));
    world.release('2.0.0');
    world.until('the last of them', () => needs.at(-1)?.minute === 60);
    world.tick(300);
    expect(needs.at(-1)?.minute).toBe(60);
    expect(world.decide().requeueAt).toBe((needs[0]?.from ?? 0) + (60 + 720) * 5_000 + 2_500);
  });

  it('see the arms of the draw, each node with the pod of now and the one before', () => {
    const { world, needs } = worldOf();
    const before = new Map(world.podViews().map(({ node, name }) => [node, name]));
    world.release('2.0.0');
    world.until('a look', () => needs.length > 0);
    const [need] = needs;
    const now = new Map(
      world
        .podViews()
        .filter(({ ready }) => ready)
        .map(({ node, name }) => [node, name]),
    );
    expect(need?.nodes.filter(({ candidate }) => candidate)).toHaveLength(3);
    expect(need?.nodes).toHaveLength(12);
    for (const { node, candidate, key, historyKey } of need?.nodes ?? []) {
      expect(historyKey).toBe(before.get(node));
      expect(key).toBe(now.get(node));
      expect(key === historyKey).toBe(!candidate);
    }
    expect(need).toMatchObject({
      kind: 'Judge',
      minute: 2,
      memory: {},
      design: { method: 'Auto', horizonMinutes: 10, undrawn: [], memoryWhole: true },
      metrics: [{ cohorts: ['cpu'] }],
    });
    expect(need?.baselines).toBeUndefined();
    // One wave that soaks, one metric, the first trial.
    expect(need?.design.falseRollbackRate).toBeCloseTo(0.0075);
  });

  it('leave out who was away before, and keep who goes dark later', () => {
    const { world, needs, answers } = worldOf({ limits: { minReachable: '10%' } });
    answers((need) => answerOf(need, 'Undecided'));
    world.release('2.0.0');
    world.until('the wave', () => world.rollout.status?.wave !== undefined);
    const { nodes = [], controls = [] } = stepOf(world).cohorts['cpu'] ?? {};
    const [canary = ''] = nodes;
    const [control = ''] = controls;
    world.reach(control, false);
    world.until('a look', () => needs.length > 0);
    expect(needs[0]?.nodes).toHaveLength(11);
    expect(needs[0]?.nodes.map(({ node }) => node)).not.toContain(control);
    world.reach(canary, false);
    world.reach(control, true);
    const count = needs.length;
    world.until('another look', () => needs.length > count);
    expect(needs.at(-1)?.nodes.map(({ node }) => node)).toEqual(needs[0]?.nodes.map(({ node }) => node));
  });

  it('write down what they found, and nothing where they found nothing new', () => {
    const { world, needs, answers } = worldOf();
    const crossed = { rows: 16, crossed: btoa('\u0001\0') };
    answers((need) => answerOf(need, 'Undecided', need.minute < 5 ? {} : crossed));
    world.release('2.0.0');
    world.until('the first look', () => needs.length === 1);
    expect(stepOf(world).trials?.[0]?.baselines).toEqual(frozen(needs[0] as JudgeNeed));
    const first = writes(world);
    world.until('more looks', () => needs.length === 3);
    expect(writes(world)).toBe(first);
    world.until('a crossing', () => needs.length === 6);
    expect(writes(world)).toBe(first + 1);
    expect(needs.at(-1)?.memory).toEqual(crossed);
    expect(needs.at(-1)?.baselines).toEqual(frozen(needs[0] as JudgeNeed));
  });

  it('go on after a restart with what was written', () => {
    const { world, needs, answers } = worldOf();
    const crossed = { rows: 16, crossed: btoa('\u0001\0') };
    answers((need) => answerOf(need, 'Undecided', crossed));
    world.release('2.0.0');
    world.until('a look', () => needs.length === 2);
    world.taken = [];
    world.pass();
    expect(needs.at(-1)?.key).toBe(needs.at(-2)?.key);
    expect(needs.at(-1)?.memory).toEqual(crossed);
    expect(world.decide().actions).toEqual([]);
  });

  it('say why they could not be taken, and promote nothing', () => {
    const { world, answers } = worldOf();
    answers(() => ({
      kind: 'Unavailable',
      reason: 'PrometheusUnreachable',
      message: 'metric errors: connection refused',
    }));
    world.release('2.0.0');
    world.untilPhase('Holding');
    expect(world.rollout.status?.message).toMatch(/connection refused/);
    world.tick(100);
    expect(world.phase()).toBe('Holding');
    answers((need) => answerOf(need, 'Pass'));
    world.untilPhase('Promoted');
  });
});

/** The exact test is off, nothing passes until a person says so; the reasons of all events. */
function lost(world: TinyWorld, needs: readonly JudgeNeed[], says: RegExp): readonly string[] {
  const before = needs.length;
  world.until('another look', () => needs.length > before);
  expect(needs.at(-1)?.design.memoryWhole).toBe(false);
  expect(needs.at(-1)?.memory).toEqual({});
  world.until('a hold', () => world.phase() === 'Holding');
  expect(world.rollout.status?.message).toMatch(says);
  world.tick(50);
  expect(world.phase()).toBe('Holding');
  const { revision, attempt } = memoryOf(world);
  world.annotate({ 'outrigger.dev/promote': `${revision}.${attempt}/canary` });
  world.untilPhase('Promoted');
  return world.events.map(({ reason }) => reason);
}

describe('decide: the memory of the judge', () => {
  const crossed = { rows: 16, crossed: btoa('\u0001\0') };
  const looking = () => {
    const made = worldOf();
    made.answers((need) => answerOf(need, 'Pass', need.design.memoryWhole ? crossed : {}));
    made.world.release('2.0.0');
    made.world.until('a look', () => made.needs.length === 2);
    return made;
  };

  it('lost: the exact test is off, and nothing passes by it', () => {
    const { world, needs } = looking();
    for (const [name, object] of world.configMaps)
      if (parseMemory(object) !== undefined) world.configMaps.delete(name);
    expect(lost(world, needs, /it is Pass; but .*the record of this attempt was gone/)).toContain(
      'MemoryLost',
    );
  });

  it.each<{ name: string; change: (step: WaveStep) => WaveStep; says: RegExp }>([
    {
      name: 'its baselines',
      change: (step) =>
        ({
          ...step,
          trials: step.trials?.map((each) => ({
            ...each,
            baselines: JSON.parse(JSON.stringify(each.baselines).replace(/"f32":"[^"]{8}/, '"f32":"')),
          })),
        }) as WaveStep,
      says: /its baselines were cut short/,
    },
    {
      name: 'nodes of its baselines',
      change: (step) =>
        ({
          ...step,
          trials: step.trials?.map((each) => ({ ...each, judged: 11 })),
        }) as WaveStep,
      says: /its baselines are of 11 nodes, and 12 are judged/,
    },
    {
      name: 'its crossings',
      change: (step) =>
        ({
          ...step,
          trials: step.trials?.map((each) => ({ ...each, memory: { rows: 16, crossed: btoa('\u0001') } })),
        }) as WaveStep,
      says: /its crossings are not those of 16 assignments/,
    },
  ])('cut short, $name: the same', ({ change, says }) => {
    const { world, needs } = looking();
    damage(world, change);
    expect(lost(world, needs, says)).toContain('MemoryLost');
  });

  it('older than the pods: the same', () => {
    const { world, needs } = looking();
    const [canary = ''] = stepOf(world).cohorts['cpu']?.nodes ?? [];
    damage(world, (step) => ({
      ...step,
      cohorts: Object.fromEntries(
        Object.entries(step.cohorts).map(([name, roster]) => [
          name,
          { ...roster, nodes: roster.nodes.filter((node) => node !== canary), controls: roster.controls },
        ]),
      ),
      trials: step.trials?.map((each) => ({ cohorts: each.cohorts })) ?? [],
    }));
    expect(lost(world, needs, /older than the pods: edge-\d+ runs the candidate/)).toContain('MemoryLost');
  });
});

describe('decide: cohorts that are judged together', () => {
  const gpu = {
    labels: { 'kubernetes.io/arch': 'arm64', accelerator: 'orin' },
    allocatable: { cpu: '4', memory: '8Gi', 'nvidia.com/gpu': '1' },
  };
  const nodes = () => [
    ...fleetOf(8),
    ...Array.from({ length: 8 }, (_, index) => nodeOf(`gpu-${index + 1}`, gpu)),
  ];

  it('one without evidence is set aside, and the others go on', () => {
    const { world, needs, answers } = worldOf({ limits: { progressDeadline: '1m' } }, nodes());
    answers((need) =>
      answerOf(need, (cohort) => (cohort === 'gpu' ? saying('Undecided', 'NoData') : saying('Pass'))),
    );
    world.release('2.0.0');
    world.until('a look', () => needs.length > 0);
    expect(needs[0]?.metrics[0]?.cohorts).toEqual(['gpu', 'cpu']);
    world.until('setting aside', () => memoryOf(world).walks[0]?.setAside !== undefined);
    const { to } = stepOf(world).windows[0] ?? { to: 0 };
    expect(world.now).toBeGreaterThanOrEqual(to + 60_000);
    expect(memoryOf(world).walks[0]?.setAside?.['gpu']).toMatchObject({ code: 'NoData' });
    world.until('cpu alone', () => needs.at(-1)?.metrics[0]?.cohorts.join() === 'cpu');
    // Another trial of the same wave: with its own share of the error rate.
    expect(needs.at(-1)?.design.falseRollbackRate).toBeLessThan(needs[0]?.design.falseRollbackRate ?? 0);
    expect(needs.at(-1)?.subject).not.toBe(needs[0]?.subject);
    world.until('cpu promoted', () =>
      Object.entries(world.serving()).every(([node, version]) =>
        node.startsWith('edge') ? version === '2.0.0' : true,
      ),
    );
  });

  it('none is set aside while all lack it', () => {
    const { world, answers } = worldOf({ limits: { progressDeadline: '1m' } }, nodes());
    answers((need) => answerOf(need, () => saying('Undecided', 'NoData')));
    world.release('2.0.0');
    world.untilPhase('Holding');
    world.tick(60);
    expect(memoryOf(world).walks[0]?.setAside).toBeUndefined();
    expect(world.phase()).toBe('Holding');
  });

  it('a metric of one variant is asked of its cohort only', () => {
    const metrics = [
      { ...ERRORS, variants: ['gpu'] },
      { ...ERRORS, name: 'more' },
    ];
    const { world, needs } = worldOf({ analysis: { ...ANALYSIS, metrics } }, nodes());
    world.release('2.0.0');
    world.untilPhase('Promoted');
    expect(needs[0]?.metrics.map(({ cohorts }) => cohorts)).toEqual([['gpu'], ['gpu', 'cpu']]);
  });
});
