import { DECISION } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { quickstartRollout } from '../../src/cli/demo/manifests.ts';
import { scenario, SCENARIO_NAMES } from '../../src/cli/demo/scenario.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { edgeNodes, type NodeSpec } from '../../src/sim/fleet/node-spec.ts';
import { NAMESPACE } from '../operator/harness.ts';
import { model, NAME, rollout } from '../operator/manifests.ts';
import type { Recorder } from './health-recorder.ts';

export interface Story {
  readonly name: string;
  readonly nodes?: readonly NodeSpec[];
  readonly tell: (recorder: Recorder) => Promise<void>;
}

const RATIO = {
  name: 'errors',
  ratio: { bad: 'model_requests_total{code=~"5.."}', total: 'model_requests_total' },
  maxIncrease: { absolute: '5%' },
  max: '15%',
} as const;
const JUDGED = { resolution: '10s', warmup: '10s', metrics: [RATIO] } as const;

async function installed(recorder: Recorder, spec: Parameters<typeof rollout>[0] = {}): Promise<void> {
  await recorder.lab.apply(rollout(spec));
  await recorder.lab.apply(model());
  await recorder.untilReady('1.0.0');
}

async function decide(recorder: Recorder, decision: keyof typeof DECISION, value: string): Promise<void> {
  await recorder.lab.annotate(NAME, { [DECISION[decision]]: value });
}

async function attempt(recorder: Recorder): Promise<string> {
  const { candidate } = (await recorder.lab.rollout()).status ?? {};
  return `${candidate?.revision}.${candidate?.attempt}`;
}

const DEMO: readonly Story[] = SCENARIO_NAMES.map((name) => ({
  name: `the demo ${name}`,
  nodes: edgeNodes(15),
  tell: async (recorder) => {
    const { first, next } = scenario(name);
    await recorder.lab.apply({ ...quickstartRollout(), kind: 'EdgeRollout' });
    for (const release of [first, ...next]) {
      await recorder.lab.apply({ ...release.model, kind: 'EdgeModel' });
      await recorder.until(release.title, async () => {
        const [{ status, metadata }, { status: ofRollout }] = await Promise.all([
          recorder.lab.model(),
          recorder.lab.rollout(),
        ]);
        const current = status?.observedGeneration === metadata.generation;
        const phase = ofRollout?.phase ?? '';
        const judged = phase !== 'Holding' || ofRollout?.verdict !== undefined;
        return (
          current && [judged ? phase : '', status?.phase ?? ''].some((each) => release.until.includes(each))
        );
      });
      await recorder.run(20);
    }
  },
}));

const MORE: readonly Story[] = [
  {
    name: 'a model without a rollout, then with one',
    tell: async (recorder) => {
      await recorder.lab.apply(model());
      await recorder.untilReady('1.0.0');
      await recorder.lab.apply(model({ version: '1.1.0' }));
      await recorder.untilReason('NoRollout');
      await recorder.lab.apply(rollout());
      await recorder.untilReady('1.1.0');
    },
  },
  {
    name: 'a rollout without a model, a second rollout, a model that goes',
    tell: async (recorder) => {
      await recorder.lab.apply(rollout());
      await recorder.untilReason('ModelNotFound', 'EdgeRollout');
      await recorder.lab.apply(model());
      await recorder.untilReady('1.0.0');
      await recorder.run(2);
      await recorder.lab.apply(rollout({ modelRef: { name: NAME } }, 'second'));
      await recorder.untilReason('Conflict', 'EdgeRollout', 'second');
      await recorder.lab.client.delete(RESOURCES.edgeModels, NAMESPACE, NAME);
      await recorder.untilReason('ModelNotFound', 'EdgeRollout');
    },
  },
  {
    name: 'a wave that a person approves',
    tell: async (recorder) => {
      await installed(recorder, {
        waves: [
          { name: 'canary', nodes: 1, soak: '20s' },
          { name: 'all', nodes: '100%', approval: 'Required' },
        ],
      });
      await recorder.lab.apply(model({ version: '1.1.0' }));
      await recorder.untilPhase('AwaitingApproval');
      await decide(recorder, 'approve', `${await attempt(recorder)}/all`);
      await recorder.untilReady('1.1.0');
    },
  },
  {
    name: 'paused before it begins and in mid-soak',
    tell: async (recorder) => {
      await installed(recorder);
      await recorder.lab.apply(rollout({ paused: true }));
      await recorder.lab.apply(model({ version: '1.1.0' }));
      await recorder.untilPhase('Paused');
      await recorder.lab.apply(rollout({ paused: false }));
      await recorder.untilPhase('Soaking');
      await recorder.lab.apply(rollout({ paused: true }));
      await recorder.untilPhase('Paused');
      await recorder.lab.apply(rollout({ paused: false }));
      await recorder.untilReady('1.1.0');
    },
  },
  {
    name: 'harm that only pauses, an abort, a retry',
    tell: async (recorder) => {
      await installed(recorder, {
        analysis: JUDGED,
        waves: [
          { name: 'canary', nodes: 3, soak: '40s' },
          { name: 'all', nodes: '100%' },
        ],
        onFailure: 'Pause',
      });
      await recorder.lab.apply(model({ version: '1.1.0', acts: { 'error-rate': '40%' } }));
      await recorder.untilPhase('Paused');
      await decide(recorder, 'abort', await attempt(recorder));
      await recorder.untilPhase('RolledBack');
      await decide(recorder, 'retry', await attempt(recorder));
      await recorder.untilPhase('Soaking');
    },
  },
  {
    name: 'crashes that only pause',
    tell: async (recorder) => {
      await installed(recorder, { onFailure: 'Pause' });
      await recorder.lab.apply(model({ version: '1.1.0', acts: { 'crash-after': '1s' } }));
      await recorder.untilPhase('Paused');
    },
  },
  {
    name: 'nodes that are away through a rollout',
    tell: async (recorder) => {
      await installed(recorder);
      const nodes = ['edge-orin-02', 'edge-x86-03'].map((name) => recorder.lab.simulation.fleet.node(name));
      for (const node of nodes) node.cutOff();
      await recorder.until(
        'they are offline',
        async () => (await recorder.lab.model()).status?.nodes?.offline === nodes.length,
      );
      await recorder.lab.apply(model({ version: '1.1.0' }));
      await recorder.untilReady('1.1.0');
      await recorder.run(60);
      for (const node of nodes) node.reconnect();
      await recorder.until(
        'they have caught up',
        async () => (await recorder.lab.model()).status?.nodes?.lagging === 0,
      );
    },
  },
  {
    name: 'canaries that go dark while they soak',
    tell: async (recorder) => {
      await installed(recorder);
      await recorder.lab.apply(model({ version: '1.1.0' }));
      await recorder.untilPhase('Soaking');
      const canaries = (await recorder.lab.serving()).filter(({ version }) => version === '1.1.0');
      for (const { node } of canaries) recorder.lab.simulation.fleet.node(node).cutOff();
      await recorder.run(180);
    },
  },
  {
    name: 'all nodes of a cohort away',
    nodes: edgeNodes(3, ['x86']),
    tell: async (recorder) => {
      await installed(recorder);
      for (const { name } of edgeNodes(3, ['x86'])) recorder.lab.simulation.fleet.node(name).cutOff();
      await recorder.until(
        'they are offline',
        async () => (await recorder.lab.model()).status?.nodes?.offline === 3,
      );
      await recorder.lab.apply(model({ version: '1.1.0' }));
      await recorder.untilReason('NodesOffline');
    },
  },
  {
    name: 'a template that the API server refuses',
    tell: async (recorder) => {
      await installed(recorder);
      const { template } = model().spec;
      const containers = template.spec.containers.map((each) => ({ ...each, imagePullPolcy: 'Always' }));
      const spec = { template: { ...template, spec: { ...template.spec, containers } } };
      await recorder.lab.apply(model({ version: '1.1.0', spec }));
      await recorder.untilReason('PodRefused');
      await recorder.lab.apply(model());
      await recorder.untilReady('1.0.0');
    },
  },
  {
    name: 'a quota that is used up',
    tell: async (recorder) => {
      await installed(recorder);
      await recorder.lab.apply({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'edge', namespace: NAMESPACE },
        spec: { hard: { pods: '12' } },
      } as KubeObject);
      await recorder.run(2);
      await recorder.lab.apply(model({ version: '1.1.0' }));
      await recorder.run(120);
    },
  },
  {
    name: 'no node, and an image that cannot be pulled',
    tell: async (recorder) => {
      await recorder.lab.apply(rollout());
      await recorder.lab.apply(model({ spec: { nodeSelector: { 'site-type': 'moon' } } }));
      await recorder.untilReason('NoNodes');
      const { template } = model().spec;
      const containers = template.spec.containers.map((each) => ({
        ...each,
        image: 'registry.example/server:missing',
      }));
      await recorder.lab.apply(
        model({ spec: { template: { ...template, spec: { ...template.spec, containers } } } }),
      );
      await recorder.untilReason('FetchFailing');
    },
  },
  {
    name: 'a rollout that cannot be carried out as written',
    tell: async (recorder) => {
      const metrics = [{ ...RATIO, ratio: { bad: 'broken{', total: 'broken' } }];
      await installed(recorder, { analysis: { ...JUDGED, metrics } });
      await recorder.lab.apply(model({ version: '1.1.0' }));
      await recorder.untilReason('QueryInvalid', 'EdgeRollout');
      await recorder.lab.apply(rollout());
      await recorder.untilReady('1.1.0');
    },
  },
  {
    name: 'too many cohorts',
    tell: async (recorder) => {
      const nodes = await recorder.lab.client.listAll(RESOURCES.nodes);
      await installed(recorder);
      for (const { metadata } of nodes)
        await recorder.lab.client.mergePatch(RESOURCES.nodes, undefined, metadata.name, {
          metadata: { labels: { shelf: metadata.name } },
        });
      await recorder.lab.apply(rollout({ cohorts: { by: ['shelf'] } }));
      await recorder.lab.apply(model({ version: '1.1.0' }));
      await recorder.untilReason('TooManyCohorts', 'EdgeRollout');
    },
    nodes: edgeNodes(66, ['x86']),
  },
  {
    name: 'no evidence, and a person who stands in for it',
    tell: async (recorder) => {
      recorder.lab.simulation.prometheus.fault = { kind: 'empty' };
      await installed(recorder, {
        analysis: JUDGED,
        waves: [
          { name: 'canary', nodes: 1, soak: '20s' },
          { name: 'all', nodes: '100%' },
        ],
      });
      await recorder.lab.apply(model({ version: '1.1.0' }));
      await recorder.untilReason('NoData');
      recorder.lab.simulation.prometheus.fault = { kind: 'down' };
      await recorder.untilReason('PrometheusUnreachable');
      await decide(recorder, 'promote', `${await attempt(recorder)}/canary`);
      await recorder.untilReady('1.1.0');
    },
  },
  {
    name: 'waves without a soak',
    tell: async (recorder) => {
      await installed(recorder, {
        analysis: JUDGED,
        waves: [
          { name: 'canary', nodes: 1, soak: '0s' },
          { name: 'all', nodes: '100%' },
        ],
      });
      await recorder.lab.apply(model({ version: '1.1.0' }));
      await recorder.untilReason('NoEvidence');
    },
  },
  {
    name: 'taken back for want of evidence',
    tell: async (recorder) => {
      recorder.lab.simulation.prometheus.fault = { kind: 'empty' };
      await installed(recorder, {
        analysis: JUDGED,
        onInconclusive: 'Revert',
        inconclusiveAfter: '1m',
      });
      await recorder.lab.apply(model({ version: '1.1.0' }));
      await recorder.untilReason('Inconclusive');
      await recorder.run(30);
    },
  },
  {
    name: 'a revert in Git, at once and by waves, and a rolling update',
    tell: async (recorder) => {
      await installed(recorder);
      await recorder.lab.apply(model({ version: '1.1.0' }));
      await recorder.untilReady('1.1.0');
      await recorder.lab.apply(model());
      await recorder.untilReady('1.0.0');
      await recorder.lab.client.delete(RESOURCES.edgeRollouts, NAMESPACE, NAME);
      await recorder.lab.apply(model({ version: '1.2.0', spec: { updatePolicy: 'Rolling' } }));
      await recorder.untilReady('1.2.0');
    },
  },
  {
    name: 'a class that goes back alone',
    tell: async (recorder) => {
      await installed(recorder, { failureScope: 'Cohort' });
      await recorder.lab.apply(model({ version: '1.1.0', variantActs: { orin: { 'crash-after': '1s' } } }));
      await recorder.untilPhase('RolledBack');
      await recorder.run(60);
    },
  },
  {
    name: 'a restore that left out what was promoted',
    tell: async (recorder) => {
      await recorder.lab.apply(model());
      await recorder.untilReady('1.0.0');
      recorder.lab.kill(recorder.lab.operators.at(-1));
      const revisions = await recorder.lab.client.listAll(RESOURCES.controllerRevisions, {
        namespace: NAMESPACE,
      });
      for (const { metadata } of revisions)
        await recorder.lab.client.delete(RESOURCES.controllerRevisions, NAMESPACE, metadata.name);
      recorder.lab.startOperator();
      await recorder.untilReason('StableUnknown');
    },
  },
  {
    name: 'a deletion that somebody holds up',
    tell: async (recorder) => {
      await installed(recorder);
      for (const resource of [RESOURCES.edgeModels, RESOURCES.edgeRollouts]) {
        const finalizers = { metadata: { finalizers: ['example.com/later'] } };
        await recorder.lab.client.mergePatch(resource, NAMESPACE, NAME, finalizers);
        await recorder.lab.client.delete(resource, NAMESPACE, NAME);
      }
      await recorder.run(5);
      for (const resource of [RESOURCES.edgeModels, RESOURCES.edgeRollouts])
        await recorder.lab.client.mergePatch(resource, NAMESPACE, NAME, { metadata: { finalizers: null } });
      await recorder.run(5);
    },
  },
];

/** Each a cluster of its own: what people, nodes and Prometheus can do to a model and its rollout. */
export const STORIES: readonly Story[] = [...DEMO, ...MORE];
