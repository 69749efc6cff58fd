import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { LABEL } from '../../api/names.ts';
import type { KubeObject } from '../../api/object-meta.ts';
import type { MetricsRequest } from '../../controller/ports/metrics-source.ts';
import { PROMETHEUS_ADDRESS } from '../../controller/prometheus-secret.ts';
import { contentOf, modelOf, NAMESPACE, rolloutOf, START } from '../../core/fixtures/objects.ts';
import { podName } from '../../core/pods/serve-pod.ts';
import { controllerRevision, markAnnotations } from '../../core/revision/controller-revision.ts';
import { memoryConfigMap } from '../../core/rollout/memory-config-map.ts';
import type { CandidateMemory, WaveStep } from '../../core/rollout/memory.ts';
import type { Evidence } from '../../judge/evidence.ts';
import { judgeTrial } from '../../judge/trial/judge-trial.ts';
import { ApiError } from '../../kube/errors.ts';
import { RESOURCES, type Resource } from '../../kube/resource.ts';
import { parseEvidence } from './evidence-file.ts';
import { rolloutEvidence, type RolloutWave } from './rollout-evidence.ts';

const MINUTE = 60_000;
const FROM = START + 30 * MINUTE;
const SOAK = 20;
const CANARIES = 4;
const names = Array.from({ length: 16 }, (_, index) => `edge-${index}`);

const model = modelOf({ version: '2.0.0' });
const iso = (at: number): string => new Date(at).toISOString();
const roster = {
  nodes: names.slice(0, CANARIES),
  controls: names.slice(CANARIES),
  drawn: true,
  eligible: 16,
};
const canary: WaveStep = {
  index: 0,
  startedAt: iso(FROM - 5 * MINUTE),
  cohorts: { cpu: roster },
  windows: [{ from: FROM, to: FROM + SOAK * MINUTE }],
  trials: [{ cohorts: ['cpu'] }],
};
const memory: CandidateMemory = {
  revision: 'new',
  attempt: 1,
  version: '2.0.0',
  seed: 'seed',
  startedAt: iso(FROM - 6 * MINUTE),
  waves: [
    { name: 'canary', nodes: CANARIES, soakMs: SOAK * MINUTE },
    { name: 'half', nodes: '50%', soakMs: SOAK * MINUTE },
    { name: 'all', nodes: '100%', soakMs: 0 },
  ] as unknown as CandidateMemory['waves'],
  cohortsBy: [],
  metrics: [
    {
      name: 'errors',
      ratio: { bad: 'bad_total', total: 'all_total' },
      maxIncrease: { absolute: '2%' },
    },
  ],
  analysis: {
    falseRollbackRate: 0.04,
    groupBy: 'pod',
    resolutionMs: MINUTE,
    warmupMs: 0,
    historyMs: 60 * MINUTE,
  },
  disturbed: [],
  walks: [{ cohorts: ['cpu'], steps: [canary] }],
};

const marked = (name: string, ordinal: number, order: number, at: number): KubeObject => {
  const raw = controllerRevision(model, name, contentOf(name), ordinal, false);
  return {
    ...raw,
    metadata: {
      ...raw.metadata,
      creationTimestamp: iso(START - 60 * MINUTE),
      annotations: markAnnotations({ promoted: { cohorts: {}, complete: { order, at: iso(at) } } }),
    },
  };
};

const configMap = (more: Partial<CandidateMemory> = {}): KubeObject =>
  memoryConfigMap('defects', NAMESPACE, { name: 'defects-new', uid: 'u' }, { ...memory, ...more }, undefined);

let objects: Map<Resource, readonly KubeObject[]>;
let denied: Resource | undefined;
let asked: MetricsRequest[];
let now: number;
let answer: (request: MetricsRequest) => Evidence;

const pod = (revision: string, node: string): string => podName('serve', model, revision, 'cpu', node);

/** 600 requests a minute at each pod, of which the candidates fail so many in a hundred, the others two. */
const serving =
  (percent: number) =>
  (request: MetricsRequest): Evidence => {
    const { window, keys } = request;
    const candidates = new Set(names.map((node) => pod('new', node)));
    return {
      kind: 'samples',
      samples: keys.map((key, index) => ({
        key,
        minutes: Array.from({ length: (window.to - window.from) / window.resolution }, (_, step) => ({
          at: window.from + (step + 1) * window.resolution,
          total: 600,
          bad: 6 * (candidates.has(key) ? percent : 2) + ((step * 7 + index * 3) % 5),
        })),
      })),
    };
  };

beforeEach(() => {
  objects = new Map<Resource, readonly KubeObject[]>([
    [RESOURCES.edgeModels, [model]],
    [RESOURCES.edgeRollouts, [rolloutOf({ prometheus: { address: 'http://prometheus:9090' } })]],
    [RESOURCES.nodes, names.map((name) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } }))],
    [RESOURCES.pods, []],
    [
      RESOURCES.controllerRevisions,
      [marked('old', 2, 2, START - 50 * MINUTE), marked('older', 1, 1, START - 59 * MINUTE)],
    ],
    [RESOURCES.configMaps, [configMap()]],
  ]);
  denied = undefined;
  asked = [];
  now = FROM + 24 * 60 * MINUTE;
  answer = serving(2);
});

const client = {
  get: async <T extends KubeObject>(resource: Resource, _: string | undefined, name: string): Promise<T> => {
    const found = (await client.listAll<T>(resource)).find(({ metadata }) => metadata.name === name);
    if (found !== undefined) return found;
    throw new ApiError(`get ${name}`, `${resource.plural} "${name}" not found`, {
      code: 'notFound',
      status: 404,
      reason: 'NotFound',
    });
  },
  listAll: async <T extends KubeObject>(resource: Resource): Promise<T[]> => {
    if (denied === resource)
      throw new ApiError('list', `${resource.plural} is forbidden: User "ann"`, {
        code: 'forbidden',
        status: 403,
        reason: 'Forbidden',
      });
    return [...(objects.get(resource) ?? [])] as T[];
  },
};

const evidence = (more: Partial<RolloutWave> = {}) =>
  rolloutEvidence(
    {
      client,
      metrics: {
        fetch: async (request) => {
          asked.push(request);
          return answer(request);
        },
      },
      clock: { now: () => now },
      pause: () => Promise.resolve(),
      defaultAddress: 'http://127.0.0.1:9090',
    },
    { namespace: NAMESPACE, name: 'defects', ...more },
  );

const replaced = (resource: Resource, ...list: readonly KubeObject[]): void =>
  void objects.set(resource, list);

/** May be sent to the address. */
const secret = (address: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'metrics', annotations: { [PROMETHEUS_ADDRESS]: address } },
  data: { token: Buffer.from('abc').toString('base64') },
});

describe('the evidence of a rollout', () => {
  it('has the error rate, the seed, the arms and the looks that the operator had', async () => {
    const { trial, notes } = await evidence();
    expect(trial).toMatchObject({
      // 4 % over two waves that soak, three quarters for the first trial of each.
      falseRollbackRate: 0.015,
      seed: 'seed/0/1',
      method: 'Auto',
      horizonMinutes: SOAK,
      undrawn: [],
      memoryWhole: true,
      metrics: [{ name: 'errors', kind: 'ratio', maxIncrease: { absolute: 0.02 } }],
    });
    expect(trial.nodes.map(({ name, candidate }) => [name, candidate])).toEqual(
      names.map((name, index) => [name, index < CANARIES]),
    );
    expect(trial.looks.slice(0, 3)).toEqual([2, 3, 4]);
    expect(notes).toEqual([`wave canary of attempt 1 of 2.0.0 (revision new), measured from ${iso(FROM)}`]);
  });

  it('asks for pods that are gone by the names that they had', async () => {
    await evidence();
    const keys = (from: (request: MetricsRequest) => boolean) =>
      new Set(asked.filter(from).flatMap((request) => request.keys));
    expect(keys(({ window }) => window.from >= FROM)).toEqual(
      new Set(names.map((node, index) => pod(index < CANARIES ? 'new' : 'old', node))),
    );
    expect(keys(({ window }) => window.to <= FROM)).toEqual(new Set(names.map((node) => pod('old', node))));
    // What came after the wave started is no past.
    expect(asked.every(({ window: { from, to } }) => from >= FROM || to <= FROM - 5 * MINUTE)).toBe(true);
  });

  it('is judged as the operator does: harm fails, none passes', async () => {
    answer = serving(12);
    expect(judgeTrial((await evidence()).trial).final).toMatchObject({ verdict: 'Fail' });
    answer = serving(2);
    replaced(
      RESOURCES.configMaps,
      configMap({ ended: { at: iso(FROM + (SOAK + 1) * MINUTE), how: 'Promoted' } }),
    );
    expect(judgeTrial((await evidence()).trial).final).toMatchObject({ verdict: 'Pass', minute: SOAK });
  });

  it('knows what was stable then, whatever was promoted since', async () => {
    replaced(
      RESOURCES.controllerRevisions,
      marked('older', 1, 1, START - 59 * MINUTE),
      marked('old', 2, 2, START - 50 * MINUTE),
      marked('new', 3, 3, FROM + 60 * MINUTE),
      marked('newest', 4, 4, FROM + 90 * MINUTE),
    );
    await evidence();
    expect(asked.flatMap(({ keys }) => keys)).toContain(pod('old', 'edge-9'));
    asked = [];
    // People went back to it later, and its first mark is gone.
    replaced(RESOURCES.controllerRevisions, marked('old', 2, 5, FROM + 90 * MINUTE));
    await evidence();
    expect(asked.flatMap(({ keys }) => keys)).toContain(pod('old', 'edge-9'));
  });

  it('takes only the looks that were over when the wave was', async () => {
    const passed: WaveStep = { ...canary, passed: { at: iso(FROM + 7.9 * MINUTE), by: 'Judge' } };
    replaced(RESOURCES.configMaps, configMap({ walks: [{ cohorts: ['cpu'], steps: [passed] }] }));
    const { looks } = (await evidence()).trial;
    expect(looks.at(0)).toBe(2);
    expect(looks.at(-1)).toBeLessThanOrEqual(7);
    expect(looks.at(-1)).toBeGreaterThanOrEqual(6);
    expect(asked.every(({ window }) => window.to <= FROM + 7 * MINUTE)).toBe(true);
  });

  it('has the smaller share of a trial that was begun anew, its undrawn cohorts and what was lost', async () => {
    const again: WaveStep = {
      ...canary,
      cohorts: { cpu: { ...roster, drawn: false } },
      trials: [{ cohorts: ['cpu', 'gpu'] }, { cohorts: ['cpu'], away: ['edge-1'], lost: 'it was cut short' }],
    };
    replaced(RESOURCES.configMaps, configMap({ walks: [{ cohorts: ['cpu'], steps: [again] }] }));
    const { trial, notes } = await evidence();
    expect(trial).toMatchObject({ seed: 'seed/0/2', undrawn: ['cpu'], memoryWhole: false });
    expect(trial.falseRollbackRate).toBeLessThan(0.005);
    expect(trial.nodes.map(({ name }) => name)).not.toContain('edge-1');
    expect(notes.join('\n')).toContain('it was cut short; the exact test is off');
    expect(judgeTrial(trial).looks.some(({ verdict }) => verdict === 'Pass')).toBe(false);
  });

  it('says which wave it is, and takes an earlier one as it was', async () => {
    const half: WaveStep = {
      ...canary,
      index: 1,
      startedAt: iso(FROM + 30 * MINUTE),
      windows: [{ from: FROM + 40 * MINUTE, to: FROM + 60 * MINUTE }],
    };
    replaced(RESOURCES.configMaps, configMap({ walks: [{ cohorts: ['cpu'], steps: [canary, half] }] }));
    expect((await evidence()).trial.seed).toBe('seed/1/1');
    const { trial } = await evidence({ wave: 'canary' });
    expect(trial).toMatchObject({ seed: 'seed/0/1', falseRollbackRate: 0.015 });
  });

  it('asks for a metric of other variants on no node', async () => {
    const metrics = [...memory.metrics, { ...memory.metrics[0], name: 'gpu-errors', variants: ['gpu'] }];
    replaced(RESOURCES.configMaps, configMap({ metrics }));
    const { trial } = await evidence();
    expect(trial.metrics.map(({ name }) => name)).toEqual(['errors', 'gpu-errors']);
    expect(new Set(trial.nodes.flatMap(({ series }) => Object.keys(series)))).toEqual(new Set(['errors']));
  });

  it('is an evidence file when it is written down, with the buckets that the samples have', async () => {
    const latency = { name: 'latency', latency: { histogram: 'seconds' }, maxIncrease: { relative: '20%' } };
    replaced(RESOURCES.configMaps, configMap({ metrics: [...memory.metrics, latency] }));
    const ratio = serving(2);
    answer = (request) => {
      const given = ratio(request);
      if (given.kind !== 'samples' || request.query.kind !== 'latency') return given;
      const samples = given.samples.map(({ key, minutes }) => ({
        key,
        minutes: minutes.map(({ at }, index) => ({ at, buckets: [300 + (index % 7), 200, 90, 10] })),
      }));
      return { kind: 'samples', samples, bounds: [0.1, 0.5, 1], histograms: 'Classic' };
    };
    now = FROM + 8 * MINUTE;
    const { trial } = await evidence();
    expect(trial.metrics[1]).toMatchObject({ kind: 'latency', bounds: [0.1, 0.5, 1] });
    const read = parseEvidence(JSON.parse(JSON.stringify(trial)));
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    expect(read.ignored).toEqual([]);
    expect(read.trial).toEqual(trial);
    expect(judgeTrial(read.trial)).toEqual(judgeTrial(trial));
  });

  it('names nodes, and asks for nobody else, where groupBy is node', async () => {
    replaced(RESOURCES.configMaps, configMap({ analysis: { ...memory.analysis, groupBy: 'node' } }));
    replaced(RESOURCES.controllerRevisions);
    await evidence();
    expect(new Set(asked.flatMap(({ keys }) => keys))).toEqual(new Set(names));
  });

  it('counts nodes that are gone as without samples, and says so', async () => {
    replaced(RESOURCES.nodes, ...(objects.get(RESOURCES.nodes) ?? []).slice(0, 14));
    const { notes } = await evidence();
    expect(notes.join('\n')).toContain('2 of 16 judged nodes are gone from the cluster');
  });

  it('says where Prometheus has no samples of that time any more', async () => {
    answer = () => ({ kind: 'samples', samples: [] });
    const { notes } = await evidence();
    expect(notes.join('\n')).toContain('Prometheus has no sample of errors of any judged node in the window');
  });

  it('believes no ratio whose bad requests are more than all', async () => {
    answer = serving(400);
    const { trial, notes } = await evidence();
    expect(notes.join('\n')).toContain('metric errors: BadExceedsTotal: ');
    expect(judgeTrial(trial).final.verdict).toBe('Undecided');
  });

  it('asks the Prometheus of the rollout, unless a flag names one', async () => {
    await evidence();
    await evidence({ address: 'http://127.0.0.1:9999' });
    const addresses = asked.map(({ connection }) => connection?.address);
    expect([...new Set(addresses)]).toEqual(['http://prometheus:9090', 'http://127.0.0.1:9999']);
    asked = [];
    replaced(RESOURCES.edgeRollouts, rolloutOf());
    await evidence();
    expect(asked[0]?.connection?.address).toBe('http://127.0.0.1:9090');
  });

  it('sends a Secret only where its owner says', async () => {
    const prometheus = { address: 'http://prometheus:9090', secretRef: { name: 'metrics' } };
    replaced(RESOURCES.edgeRollouts, rolloutOf({ prometheus }));
    replaced(RESOURCES.secrets, secret(prometheus.address));
    await evidence();
    expect(asked[0]?.connection?.secret).toEqual({ token: 'abc' });
    await expect(evidence({ address: 'http://elsewhere:9090' })).rejects.toThrow(
      /Secret vision\/metrics may be sent to http:\/\/prometheus:9090 only: annotate it/,
    );
  });
});

describe('a record in a file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outrigger-memory-'));
    replaced(RESOURCES.configMaps);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const file = async (content: unknown): Promise<string> => {
    const path = join(folder, 'memory.json');
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };

  it('is the ConfigMap, or the newest of a list of them', async () => {
    expect((await evidence({ memory: await file(configMap()) })).trial.seed).toBe('seed/0/1');
    const list = {
      kind: 'List',
      items: [
        configMap({ seed: 'former', startedAt: iso(START) }),
        configMap(),
        configMap({ seed: 'first', startedAt: iso(0) }),
      ],
    };
    expect((await evidence({ memory: await file(list) })).trial.seed).toBe('seed/0/1');
  });

  test.each<[string, unknown, RegExp]>([
    ['no YAML', '{[', /memory\.json cannot be read: /],
    ['no object', '[]', /holds no Kubernetes object: write it with kubectl/],
    ['another ConfigMap', { metadata: { name: 'settings' } }, /settings is no record of a candidate: /],
    [
      'a record of another model',
      memoryConfigMap('welds', NAMESPACE, { name: 'welds-new', uid: 'u' }, memory, undefined),
      /welds-memory-new-1 is no record of a candidate of EdgeModel defects/,
    ],
    [
      'a record that somebody changed',
      { ...configMap(), data: { 'memory.json': '{' } },
      /ConfigMap defects-memory-new-1 cannot be read: somebody changed it/,
    ],
  ])('is refused where it is %s', async (_, content, message) => {
    await expect(evidence({ memory: await file(content) })).rejects.toThrow(message);
  });

  it('is refused where it is not there', async () => {
    await expect(evidence({ memory: join(folder, 'none') })).rejects.toThrow(/none cannot be read: ENOENT/);
  });
});

describe('what is missing', () => {
  test.each<[string, () => void, Partial<RolloutWave>, RegExp]>([
    [
      'no rollout',
      () => replaced(RESOURCES.edgeRollouts),
      {},
      /EdgeRollout vision\/defects cannot be read: .*not found/,
    ],
    [
      'no record',
      () => replaced(RESOURCES.configMaps),
      {},
      new RegExp(
        `holds no record of a candidate of EdgeModel defects.*-l ${LABEL.model}=defects,.*--memory FILE`,
      ),
    ],
    [
      'no wave of this name',
      () => undefined,
      { wave: 'most' },
      /attempt 1 of 2\.0\.0 \(revision new\) has no wave "most"; it has canary, half, all/,
    ],
    [
      'a wave that has not begun',
      () => undefined,
      { wave: 'half' },
      /wave half of attempt 1 .* is not measured/,
    ],
    [
      'a wave without a window',
      () =>
        replaced(
          RESOURCES.configMaps,
          configMap({ walks: [{ cohorts: ['cpu'], steps: [{ ...canary, windows: [] }] }] }),
        ),
      {},
      /no wave of attempt 1 of 2\.0\.0 \(revision new\) is measured yet/,
    ],
    [
      'a look that is due',
      () => void (now = FROM + MINUTE),
      {},
      /no look at wave canary is due yet: the first is at 2026/,
    ],
    [
      'the right to list nodes',
      () => void (denied = RESOURCES.nodes),
      {},
      /nodes is forbidden.*role that lets you list nodes/,
    ],
    [
      'the right to read records',
      () => void (denied = RESOURCES.configMaps),
      {},
      /configmaps is forbidden: User "ann"; ask for a role that lets you list configmaps/,
    ],
    [
      'Prometheus',
      () =>
        void (answer = () => ({
          kind: 'unavailable',
          reason: 'PrometheusUnreachable',
          message: 'connection refused',
        })),
      {},
      /metric errors could not be asked for: PrometheusUnreachable: connection refused; .*--prometheus/,
    ],
  ])('is named: %s', async (_, prepare, flags, message) => {
    prepare();
    await expect(evidence(flags)).rejects.toThrow(message);
    await expect(evidence(flags)).rejects.toHaveProperty('name', 'UsageError');
  });
});
