import type { EdgeModelSpec } from '../../src/api/edge-model.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { model, type ModelManifest, rollout } from './manifests.ts';

/** A mistake of a person, and what the object is to say about it. */
export interface BadInput {
  readonly name: string;
  /** In this order. Those in `later` come when the model of the same name is Ready. */
  readonly manifests: readonly KubeObject[];
  readonly later?: readonly KubeObject[];
  readonly about: { readonly kind: 'EdgeModel' | 'EdgeRollout'; readonly name: string };
  readonly condition: { readonly type: string; readonly status: string; readonly reason: string };
  /** The double counts pods in a quota and nothing else; trouble.test.ts has that case. */
  readonly onRealOnly?: true;
  /** What was wrong and what to do, in the condition. */
  readonly says: RegExp;
}

/** Models of their own for each, small enough to share the nodes. */
const CPU_ONLY: Partial<EdgeModelSpec> = {
  variants: [{ name: 'cpu', artifact: { mountPath: '/models', image: 'registry.example/defect:1' } }],
};

function cpuModel(
  name: string,
  options: Omit<Parameters<typeof model>[0] & object, 'name'> = {},
): ModelManifest {
  return model({ ...options, name, spec: { ...CPU_ONLY, ...options.spec } });
}

/** The container of the template with more, or mistaken, fields. */
function withContainer(name: string, fields: object): ModelManifest {
  const good = cpuModel(name);
  const { template } = good.spec;
  const containers = template.spec.containers.map((container) => ({ ...container, ...fields }));
  return {
    ...good,
    spec: { ...good.spec, template: { ...template, spec: { ...template.spec, containers } } },
  };
}

const GPU = {
  variants: [
    {
      name: 'orin',
      hardware: { resources: { 'nvidia.com/gpu': '1' } },
      artifact: { mountPath: '/models', image: 'registry.example/defect:1' },
    },
  ],
} as const;

const RATIO = {
  name: 'errors',
  ratio: { bad: 'model_requests_total{code=~"5.."}', total: 'model_requests_total' },
  maxIncrease: { absolute: '5%' },
} as const;

/** The one that is right, and goes its way beside all the others. */
export const NEIGHBOUR = 'neighbour';
export const neighbour = (version: string): ModelManifest => cpuModel(NEIGHBOUR, { version });
export const neighbourRollout = rollout({}, NEIGHBOUR);

export const BAD_INPUTS: readonly BadInput[] = [
  {
    name: 'a template that the API server refuses',
    manifests: [withContainer('refused', { volumeMounts: [{ name: 'nowhere', mountPath: '/x' }] })],
    about: { kind: 'EdgeModel', name: 'refused' },
    condition: { type: 'Accepted', status: 'False', reason: 'PodRefused' },
    says: /variant cpu.*spec\.containers\[0\]\.volumeMounts\[\d\]\.name: Not found: "nowhere"/,
  },
  {
    name: 'a misspelt field',
    manifests: [withContainer('misspelt', { imagePullPolcy: 'Always' })],
    about: { kind: 'EdgeModel', name: 'misspelt' },
    condition: { type: 'Accepted', status: 'False', reason: 'PodRefused' },
    says: /unknown field "spec\.containers\[0\]\.imagePullPolcy"/,
  },
  {
    name: 'a quota that is used up',
    onRealOnly: true,
    manifests: [
      {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'no-gpus' },
        spec: { hard: { 'requests.nvidia.com/gpu': '0' } },
      } as KubeObject,
      model({ name: 'over-quota', spec: { ...GPU } }),
    ],
    about: { kind: 'EdgeModel', name: 'over-quota' },
    condition: { type: 'Accepted', status: 'Unknown', reason: 'PodNotTried' },
    says: /exceeded quota: no-gpus/,
  },
  {
    name: 'an image that cannot be pulled',
    manifests: [withContainer('no-image', { image: 'registry.example/server:missing' })],
    about: { kind: 'EdgeModel', name: 'no-image' },
    condition: { type: 'Ready', status: 'False', reason: 'FetchFailing' },
    says: /registry\.example\/server:missing/,
  },
  {
    name: 'a modelRef to nothing',
    manifests: [rollout({}, 'lonely')],
    about: { kind: 'EdgeRollout', name: 'lonely' },
    condition: { type: 'Ready', status: 'False', reason: 'ModelNotFound' },
    says: /there is no EdgeModel lonely in namespace .*; create it, or correct spec\.modelRef\.name/,
  },
  {
    name: 'two rollouts for one model',
    manifests: [rollout({ modelRef: { name: NEIGHBOUR } }, 'second')],
    about: { kind: 'EdgeRollout', name: 'second' },
    condition: { type: 'Ready', status: 'False', reason: 'Conflict' },
    says: /EdgeRollout neighbour is older and governs EdgeModel neighbour already; delete one of the two/,
  },
  {
    name: 'a selector that fits no node',
    manifests: [cpuModel('nowhere', { spec: { nodeSelector: { 'site-type': 'moon' } } })],
    about: { kind: 'EdgeModel', name: 'nowhere' },
    condition: { type: 'Ready', status: 'False', reason: 'NoNodes' },
    says: /no node has the labels of spec\.nodeSelector; label nodes, or change the selector/,
  },
  {
    name: 'hardware that no node has',
    manifests: [
      model({
        name: 'no-fit',
        spec: { variants: [{ name: 'tpu', hardware: { resources: { 'google.com/tpu': '1' } } }] },
      }),
    ],
    about: { kind: 'EdgeModel', name: 'no-fit' },
    condition: { type: 'Ready', status: 'False', reason: 'NoVariantFits' },
    says: /tpu: .*google\.com\/tpu/,
  },
  {
    name: 'a Prometheus that is not there',
    manifests: [
      cpuModel('unmeasured'),
      rollout(
        {
          prometheus: { address: 'http://127.0.0.1:9', queryDelay: '5s' },
          analysis: { resolution: '10s', warmup: '10s', metrics: [RATIO] },
        },
        'unmeasured',
      ),
    ],
    later: [cpuModel('unmeasured', { version: '1.1.0' })],
    about: { kind: 'EdgeRollout', name: 'unmeasured' },
    condition: { type: 'Ready', status: 'False', reason: 'PrometheusUnreachable' },
    says: /127\.0\.0\.1:9/,
  },
];
