import { beforeEach, describe, expect, it } from 'vitest';
import type { Decision, MetricNeed } from '../core/decision.ts';
import type { Observed } from '../core/observed.ts';
import { VirtualClock } from '../sim/virtual-clock.ts';
import {
  apiFailure,
  createPodAction,
  decision,
  fakeLog,
  fakeView,
  fakeWriter,
  podOf,
  storedModel,
} from './fakes.ts';
import type { MetricsRequest } from './ports/metrics-source.ts';
import { NO_METER } from './ports/meter.ts';
import { type Decide, Reconciler } from './reconcile.ts';

const KEY = { namespace: 'vision', name: 'defects' };
const DRY_RUN = {
  kind: 'DryRun',
  revision: 'r1',
  pods: [{ variant: 'cpu', pod: podOf('a') }],
  prefetch: undefined,
  tries: 0,
} as const;
const METRIC: MetricNeed = {
  kind: 'Metric',
  key: 'errors/canary',
  metric: { name: 'errors', ratio: { bad: 'bad', total: 'all' } },
  window: { from: 0, to: 60_000, resolution: 60_000 },
  groupBy: 'pod',
  keys: ['a', 'b'],
  nodes: ['n1', 'n2'],
  prometheus: undefined,
  namespace: 'vision',
};

let clock: VirtualClock;
let view: ReturnType<typeof fakeView>;
let writer: ReturnType<typeof fakeWriter>;
let seen: Observed[];
let asked: MetricsRequest[];

beforeEach(() => {
  clock = new VirtualClock();
  view = fakeView(storedModel('defects'));
  writer = fakeWriter();
  seen = [];
  asked = [];
});

/** A reconciler whose core gives these answers in turn, the last one for ever. */
function reconciler(...answers: readonly (Decision | ((observed: Observed) => Decision))[]) {
  const decide: Decide = (observed) => {
    const answer = answers[Math.min(seen.length, answers.length - 1)] ?? decision();
    // The maps of memory go on; what was seen is what they held now.
    const { acceptance, mismatched, evidence } = observed;
    seen.push({
      ...observed,
      acceptance: new Map(acceptance),
      mismatched: new Map(mismatched),
      evidence: new Map(evidence),
    });
    return typeof answer === 'function' ? answer(observed) : answer;
  };
  const of = new Reconciler({
    view,
    writer,
    clock,
    decide,
    events: { record: () => {} },
    meter: NO_METER,
    secrets: { read: () => Promise.reject(apiFailure('notFound')) },
    leases: { read: async () => undefined },
    metrics: {
      fetch: async (request) => {
        asked.push(request);
        return { kind: 'samples', samples: [] };
      },
      describe: () => ({ query: 'q' }),
    },
    settings: { pauseImage: 'pause', prometheusAddress: 'http://prometheus:9090' },
    entropy: () => 'entropy',
    log: fakeLog(),
  });
  return (signal = new AbortController().signal) => of.pass(KEY, fakeLog(), signal);
}

describe('a pass', () => {
  it('acts at once where the decision needs to know nothing more', async () => {
    const pass = reconciler(decision({ actions: [createPodAction('a')], requeueAt: 77 }));
    expect(await pass()).toEqual({ requeueAt: 77 });
    expect(writer.done).toEqual(['CreatePod a']);
  });

  it('answers what the decision needs, decides again with the answers, and does nothing before', async () => {
    const pass = reconciler(
      decision({ needs: [DRY_RUN], actions: [createPodAction('too-soon')] }),
      decision({ needs: [METRIC] }),
      decision({ actions: [createPodAction('b')] }),
    );
    await pass();
    expect(writer.done).toEqual(['TryPod a', 'CreatePod b']);
    expect(seen.map(({ acceptance }) => acceptance.get('r1')?.status)).toEqual([
      undefined,
      'Accepted',
      'Accepted',
    ]);
    expect(seen.map(({ evidence }) => evidence.get('errors/canary')?.kind)).toEqual([
      undefined,
      undefined,
      'samples',
    ]);
    expect(asked).toMatchObject([
      {
        connection: { address: 'http://prometheus:9090' },
        query: { kind: 'ratio', bad: 'bad', total: 'all' },
        keys: ['a', 'b'],
        nodes: ['n1', 'n2'],
      },
    ]);
  });

  it('asks for the pods that could be adopted, and tells a later pass that what it knows is old', async () => {
    writer.found = [
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'left', uid: 'u', labels: { app: 'defect' } } },
    ];
    const need = { kind: 'AdoptablePods', selector: 'app=defect' } as const;
    const pass = reconciler(decision({ needs: [need] }), decision(), decision({ needs: [need] }), decision());
    await pass();
    await pass();
    expect(seen.map(({ adoptable }) => adoptable && [adoptable.tries, adoptable.fresh])).toEqual([
      undefined,
      [1, true],
      [1, false],
      [2, true],
    ]);
    expect(seen[1]?.adoptable).toMatchObject({ selector: 'app=defect', pods: [{ name: 'left' }] });
  });

  it('keeps what was said of a revision for later passes, and evidence for none', async () => {
    const pass = reconciler(decision({ needs: [DRY_RUN, METRIC] }), decision());
    await pass();
    await pass();
    expect(seen.at(-1)?.acceptance.get('r1')).toMatchObject({ status: 'Accepted' });
    expect(seen.at(-1)?.evidence.size).toBe(0);
  });

  it('fails, without an action, where the decision never stops asking', async () => {
    const pass = reconciler(decision({ needs: [METRIC], actions: [createPodAction('a')] }));
    await expect(pass()).rejects.toThrow(/still asks after 4 rounds: errors\/canary/);
    expect(seen).toHaveLength(4);
    expect(writer.done).toEqual([]);
  });

  it('counts the tries of a revision that is not taken', async () => {
    writer.before = () => {
      throw apiFailure('transient', { status: 503, reason: 'ServiceUnavailable' });
    };
    const pass = reconciler(({ acceptance }) => {
      const tries = acceptance.get('r1');
      return tries !== undefined && 'tries' in tries && tries.tries === 3
        ? decision()
        : decision({ needs: [DRY_RUN] });
    });
    await pass();
    expect(seen.at(-1)?.acceptance.get('r1')).toMatchObject({ status: 'Unknown', tries: 3, variant: 'cpu' });
  });

  it('comes again at once after a refusal, so that it appears in status', async () => {
    writer.before = () => {
      throw apiFailure('invalid', { status: 422, reason: 'Invalid' });
    };
    const pass = reconciler(decision({ actions: [createPodAction('a')], requeueAt: clock.now() + 60_000 }));
    expect(await pass()).toEqual({ requeueAt: clock.now() });
    expect(await pass()).toEqual({ requeueAt: clock.now() + 10_000 });
  });

  it('remembers since when a node has been mismatched, and forgets those that are no longer', async () => {
    const start = clock.now();
    const pass = reconciler(
      decision({ mismatched: ['n1', 'n2'] }),
      decision({ mismatched: ['n1'] }),
      decision({ mismatched: ['n1', 'n2'] }),
      decision(),
    );
    for (let index = 0; index < 4; index++) {
      await pass();
      await clock.advance(1_000);
    }
    expect(seen.map(({ mismatched }) => Object.fromEntries(mismatched))).toEqual([
      {},
      { n1: start, n2: start },
      { n1: start },
      { n1: start, n2: start + 2_000 },
    ]);
  });

  it('forgets everything about a model that is gone', async () => {
    const pass = reconciler(decision({ needs: [DRY_RUN] }), decision());
    await pass();
    view.stored.clear();
    await pass();
    view.stored.set('defects', storedModel('defects'));
    await pass();
    expect(seen.at(-1)?.acceptance.size).toBe(0);
  });

  it('that has lost its leadership while it asked does not decide, let alone act', async () => {
    const stop = new AbortController();
    writer.before = () => stop.abort(new Error('the lease is lost'));
    const pass = reconciler(decision({ needs: [DRY_RUN] }), decision({ actions: [createPodAction('a')] }));
    await expect(pass(stop.signal)).rejects.toThrow('the lease is lost');
    expect(seen).toHaveLength(1);
    expect(writer.done).toEqual(['TryPod a']);
  });
});

describe('what a pass sees', () => {
  it('names objects that the schema does not take, and never throws for them', async () => {
    const rollout = { ...storedModel('r', { modelRef: { name: 'defects' }, waves: 7 }), kind: 'EdgeRollout' };
    view.storedRollouts.push(rollout);
    await reconciler(decision())();
    const [observed] = seen;
    expect(observed?.model).toBeUndefined();
    expect(observed?.rollouts).toEqual([]);
    expect(observed?.invalid.map(({ kind, modelName }) => [kind, modelName])).toEqual([
      ['EdgeModel', undefined],
      ['EdgeRollout', 'defects'],
    ]);
    expect(observed?.invalid[1]?.errors[0]?.path).toContain('spec.waves');
  });
});
