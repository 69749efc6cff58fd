import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import type { EdgeModelSpec } from '../../src/api/edge-model.ts';
import type { EdgeRolloutSpec } from '../../src/api/edge-rollout.ts';
import { API_VERSION } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';

export type Manifest<Spec> = KubeObject & { readonly spec: Spec };
export type ModelManifest = Manifest<EdgeModelSpec>;
export type RolloutManifest = Manifest<EdgeRolloutSpec>;

export const NAME = 'defect-detector';

/** One of the files that people are told to apply. */
export function quickstart(file: '01-model' | '03-healthy' | '04-bad'): ModelManifest;
export function quickstart(file: '02-rollout'): RolloutManifest;
export function quickstart(file: string): KubeObject {
  const path = new URL(`../../examples/quickstart/${file}.yaml`, import.meta.url);
  return load(readFileSync(path, 'utf8')) as KubeObject;
}

export interface ModelOptions {
  readonly name?: string;
  readonly version?: string;
  /** How the version behaves: `{ 'error-rate': '20%' }`; see docs/simulated-fleet.md. */
  readonly acts?: Readonly<Record<string, string>>;
  /** The same for one variant, by name. */
  readonly variantActs?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly spec?: Partial<EdgeModelSpec>;
}

/** A model with a variant that takes the whole device of a node, and one for every other node. */
export function model(options: ModelOptions = {}): ModelManifest {
  const { name = NAME, version = '1.0.0', acts = {}, variantActs = {}, spec = {} } = options;
  const variant = (variantName: string, more: object) => ({
    name: variantName,
    artifact: { mountPath: '/models', image: `registry.example/defect:${version}-${variantName}` },
    ...more,
    ...(variantActs[variantName] === undefined
      ? {}
      : { patch: { metadata: { annotations: annotations(variantActs[variantName]) } } }),
  });
  return {
    apiVersion: API_VERSION,
    kind: 'EdgeModel',
    metadata: { name, namespace: 'default' },
    spec: {
      version,
      nodeSelector: { 'site-type': 'factory' },
      template: {
        ...(Object.keys(acts).length === 0 ? {} : { metadata: { annotations: annotations(acts) } }),
        spec: {
          containers: [
            {
              name: 'model',
              image: 'registry.example/onnx-server:1.4',
              ports: [{ name: 'http', containerPort: 8080 }],
              resources: { requests: { cpu: '100m', memory: '256Mi' } },
            },
          ],
        },
      },
      variants: [variant('orin', { hardware: { resources: { 'nvidia.com/gpu': '1' } } }), variant('cpu', {})],
      ...spec,
    } as EdgeModelSpec,
  };
}

/** Waves that take seconds, judged by what the API server knows of pods. */
export function rollout(spec: Partial<EdgeRolloutSpec> = {}, name = NAME): RolloutManifest {
  return {
    apiVersion: API_VERSION,
    kind: 'EdgeRollout',
    metadata: { name, namespace: 'default' },
    spec: {
      modelRef: { name },
      waves: [
        { name: 'canary', nodes: 1, soak: '20s' },
        { name: 'half', nodes: '50%', soak: '20s' },
        { name: 'all', nodes: '100%' },
      ],
      limits: { maxUnavailable: '34%', maxPrefetching: 10, progressDeadline: '1m' },
      prometheus: { queryDelay: '5s' },
      analysis: {
        resolution: '10s',
        warmup: '10s',
        metrics: [{ name: 'health', pods: ['restarts', 'notReady'] }],
      },
      ...spec,
    },
  };
}

function annotations(acts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(acts).map(([key, value]) => [`sim.outrigger.dev/${key}`, value]));
}
