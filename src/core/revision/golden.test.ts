import { describe, expect, it } from 'vitest';
import type { EdgeModelSpec } from '../../api/edge-model.ts';
import { modelOf } from '../fixtures/objects.ts';
import { cohortName } from '../cohort/cohort-name.ts';
import { configMapName, podName } from '../pods/serve-pod.ts';
import { memoryName } from '../rollout/memory-config-map.ts';
import { revisionContent, revisionHash } from './revision.ts';

/*
 * What former versions of the operator have written down in people's clusters. Where one of these changes, an
 * upgrade takes every model for a new revision and moves every node of every fleet: never mend the expectation,
 * mend what changed. A new case may be added at any time.
 */

const SMALLEST = {
  version: '1.0.0',
  template: { spec: { containers: [{ name: 'model', image: 'registry.example/server:1' }] } },
  variants: [{ name: 'any' }],
} as unknown as EdgeModelSpec;

const FULL = {
  version: '2.4.1',
  nodeSelector: { 'site-type': 'factory' },
  tolerations: [{ key: 'edge', operator: 'Exists', effect: 'NoSchedule' }],
  template: {
    metadata: { labels: { team: 'vision' }, annotations: { 'example.com/ä': 'ö' } },
    spec: {
      containers: [
        {
          name: 'model',
          image: 'registry.example/onnx-server:1.4',
          args: [],
          ports: [
            { name: 'http', containerPort: 8080 },
            { name: 'metrics', containerPort: 9090 },
          ],
          resources: { requests: { cpu: '100m', memory: '256Mi' } },
          env: [{ name: 'EMPTY', value: '' }],
        },
      ],
      terminationGracePeriodSeconds: 0,
      hostNetwork: false,
    },
  },
  config: { 'labels.txt': 'ok\nscratch\n' },
  podLabelsFromNode: ['site'],
  variants: [
    {
      name: 'orin-trt',
      hardware: {
        nodeSelector: { 'kubernetes.io/arch': 'arm64' },
        matchExpressions: [{ key: 'nvidia.com/gpu.product', operator: 'In', values: ['Orin'] }],
        resources: { 'nvidia.com/gpu': '1', memory: '2Gi' },
        binding: 'Strict',
      },
      artifact: { mountPath: '/models', image: 'registry.example/defect:2.4.1-orin' },
      patch: { spec: { runtimeClassName: 'nvidia' } },
      facts: { format: 'tensorrt', precision: 'fp16' },
    },
    { name: 'cpu-int8', artifact: { mountPath: '/models', image: 'registry.example/defect:2.4.1-cpu' } },
  ],
  service: { port: 80, targetPort: 'http' },
  updateStrategy: 'Surge',
  deletionPolicy: 'Orphan',
  revisionHistoryLimit: 3,
} as unknown as EdgeModelSpec;

const hashOf = (spec: EdgeModelSpec): string => revisionHash(revisionContent(spec));

describe('what an upgrade of the operator must not change', () => {
  it.each([
    ['the smallest model', SMALLEST, '3vb5aru4fk'],
    ['a model with every field of a revision', FULL, 'bxnrdnkeze'],
  ])('the hash of %s', (_, spec, hash) => {
    expect(hashOf(spec)).toBe(hash);
  });

  it('the hash does not depend on the order in which fields were written', () => {
    const reversed = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(reversed)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .toReversed()
                .map(([key, each]) => [key, reversed(each)]),
            )
          : value;
    expect(hashOf(reversed(FULL) as EdgeModelSpec)).toBe(hashOf(FULL));
  });

  it('the names of what was made', () => {
    const model = modelOf();
    expect(podName('serve', model, 'agpsq4imzu', 'cpu', 'edge-1')).toBe('defects-bfhhwlby7bqbsgfm');
    expect(podName('prefetch', model, 'agpsq4imzu', 'cpu', 'edge-1')).toBe('defects-pfgjriaqwps5l47t');
    expect(configMapName(model, 'agpsq4imzu')).toBe('defects-config-agpsq4imzu');
    expect(memoryName('defects', 'agpsq4imzu', 2)).toBe('defects-memory-agpsq4imzu-2');
  });

  it('the names of cohorts', () => {
    const labels = { region: 'north', 'example.com/line': 'A_7' };
    expect(cohortName('cpu', [], labels)).toBe('cpu');
    expect(cohortName('cpu', ['region', 'missing'], labels)).toBe('cpu.north.none');
    expect(cohortName('cpu', ['example.com/line'], labels)).toBe('cpu.A_7');
  });
});
