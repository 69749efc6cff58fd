import { DIGEST, model, rollout } from './manifests.ts';
import type { Json, JsonObject } from './manifests.ts';

const MOST = {
  variants: 16,
  files: 32,
  labels: 32,
  expressions: 16,
  values: 32,
  resources: 16,
  metrics: 16,
  presets: 8,
  waves: 16,
};

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function map(count: number, key: (index: number) => string, value: Json): JsonObject {
  return Object.fromEntries(times(count, (index) => [key(index), value]));
}

const labelKey = (index: number): string =>
  `${'prefix.'.repeat(20)}example.com/${'name-'.repeat(10)}${index}`;
const labelValue = 'v'.repeat(63);

/** As much of everything as the schema allows: what the rules cost at run time is bounded as well, and must suffice for it. */
export const LARGEST_MODEL: JsonObject = model({
  version: 'v'.repeat(63),
  nodeSelector: map(MOST.labels, labelKey, labelValue),
  podLabelsFromNode: times(16, labelKey),
  config: map(32, (index) => `${'file'.repeat(60)}${index}`, 'x'.repeat(1536)),
  adopt: { selector: map(MOST.labels, labelKey, labelValue) },
  variants: times(MOST.variants, (variant) => ({
    name: `${'v'.repeat(60)}${variant}`,
    hardware: {
      nodeSelector: map(MOST.labels, labelKey, labelValue),
      matchExpressions: times(MOST.expressions, (index) => ({
        key: labelKey(index),
        operator: 'In',
        values: times(MOST.values, (value) => `${'v'.repeat(60)}${value}`),
      })),
      resources: map(MOST.resources, labelKey, '123456789012345678901234567.89Gi'),
      binding: 'Strict',
    },
    artifact: {
      mountPath: `/${'m'.repeat(500)}`,
      files: times(MOST.files, (file) => ({
        uri: `https://models.example/${'u'.repeat(990)}${file}`,
        sha256: DIGEST,
        size: '123456789012345678901234567.89Gi',
        path: `${'p/'.repeat(240)}${file}`,
      })),
    },
    facts: map(MOST.labels, labelKey, 'f'.repeat(256)),
  })),
});

export const LARGEST_ROLLOUT: JsonObject = rollout({
  cohorts: { by: times(4, labelKey) },
  canary: { nodeSelector: map(MOST.labels, labelKey, labelValue) },
  waves: times(MOST.waves, (wave) => ({
    name: `${'w'.repeat(60)}${wave}`,
    nodes: `${wave === MOST.waves - 1 ? 100 : wave * 5 + 1}%`,
    soak: '99999h99999m99999s',
    approval: 'Required',
  })),
  prometheus: {
    address: `https://${'p'.repeat(500)}`,
    headers: map(16, (index) => `X-${'H'.repeat(120)}-${index}`, 'v'.repeat(1024)),
    matchLabels: map(16, (index) => `${'l'.repeat(120)}_${index}`, 'v'.repeat(256)),
  },
  analysis: {
    resolution: '1m',
    warmup: '99999h99999m99999s',
    history: '99999h99999m99999s',
    metrics: times(MOST.metrics, (metric) => ({
      ...(metric < MOST.presets
        ? { name: `${'p'.repeat(47)}${metric}`, preset: 'llamacpp' }
        : {
            name: `${'m'.repeat(60)}${metric}`,
            ratio: { bad: 'b'.repeat(1024), total: 't'.repeat(1024) },
          }),
      maxIncrease: { relative: '999999.999999%', absolute: '999999.999999%' },
      max: '999999.999999%',
      variants: times(MOST.variants, (variant) => `${'v'.repeat(60)}${variant}`),
    })),
  },
});
