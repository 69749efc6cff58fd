import type { EdgeModelSpec } from '../../src/api/edge-model.ts';
import type { EdgeRolloutSpec } from '../../src/api/edge-rollout.ts';
import { model, type ModelManifest, rollout, type RolloutManifest } from '../operator/manifests.ts';

export interface SmallModelOptions {
  readonly version?: string;
  readonly acts?: Readonly<Record<string, string>>;
  readonly spec?: Partial<EdgeModelSpec>;
}

/** A model that shares the nodes with others: one variant for every node, and little of it. */
export function smallModel(name: string, options: SmallModelOptions = {}): ModelManifest {
  const { version = '1.0.0', spec = {} } = options;
  const artifact = { mountPath: '/models', image: `registry.example/defect:${version}` };
  return model({ ...options, name, version, spec: { variants: [{ name: 'cpu', artifact }], ...spec } });
}

/** Waves that real nodes walk in seconds. */
export function quickRollout(name: string, spec: Partial<EdgeRolloutSpec> = {}): RolloutManifest {
  return rollout(
    {
      waves: [
        { name: 'canary', nodes: 1, soak: '5s' },
        { name: 'all', nodes: '100%' },
      ],
      prometheus: { queryDelay: '1s' },
      analysis: {
        resolution: '2s',
        warmup: '2s',
        metrics: [{ name: 'health', pods: ['restarts', 'notReady'] }],
      },
      ...spec,
    },
    name,
  );
}

/** The canary of `quickRollout`, and then nothing until a person agrees. */
export const AWAITING_WAVES: NonNullable<EdgeRolloutSpec['waves']> = [
  { name: 'canary', nodes: 1, soak: '5s' },
  { name: 'all', nodes: '100%', approval: 'Required' },
];
