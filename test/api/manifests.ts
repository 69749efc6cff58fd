/** A value of JSON, as a manifest holds it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export interface JsonObject {
  readonly [key: string]: Json;
}

export const DIGEST = 'a'.repeat(64);

export const CONTAINERS: Json = [
  { name: 'model', image: 'registry.example/server:1', ports: [{ name: 'http', containerPort: 8080 }] },
];

/** A smallest valid EdgeModel with some fields of its spec put in, replaced or (undefined) taken out. */
export function model(spec: { readonly [key: string]: Json | undefined }, name = 'detector'): JsonObject {
  const whole = {
    version: '1.0.0',
    template: { spec: { containers: CONTAINERS } },
    variants: [{ name: 'cpu' }],
    ...spec,
  };
  return {
    apiVersion: 'outrigger.dev/v1alpha1',
    kind: 'EdgeModel',
    metadata: { name },
    spec: withoutUndefined(whole),
  };
}

/** An EdgeModel whose only variant has these fields. */
export function modelWithVariant(variant: JsonObject): JsonObject {
  return model({ variants: [{ name: 'cpu', ...variant }] });
}

/** An EdgeModel whose template's pod spec has these fields. */
export function modelWithPod(spec: JsonObject): JsonObject {
  return model({ template: { spec: { containers: CONTAINERS, ...spec } } });
}

/** A smallest valid EdgeRollout with some fields of its spec put in, replaced or (undefined) taken out. */
export function rollout(spec: { readonly [key: string]: Json | undefined }, name = 'detector'): JsonObject {
  return {
    apiVersion: 'outrigger.dev/v1alpha1',
    kind: 'EdgeRollout',
    metadata: { name },
    spec: withoutUndefined({ modelRef: { name: 'detector' }, ...spec }),
  };
}

/** An EdgeRollout that judges by this one metric. */
export function rolloutWithMetric(metric: JsonObject): JsonObject {
  return rollout({ analysis: { metrics: [metric] } });
}

function withoutUndefined(spec: { readonly [key: string]: Json | undefined }): JsonObject {
  const entries: [string, Json][] = [];
  for (const [key, value] of Object.entries(spec)) if (value !== undefined) entries.push([key, value]);
  return Object.fromEntries(entries);
}
