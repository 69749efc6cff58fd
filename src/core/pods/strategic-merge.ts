/**
 * Strategic merge patch over a PodTemplateSpec, as kubectl and kustomize apply it: maps merge, null removes,
 * lists merge by their merge key where the API names one and are replaced otherwise, `$patch: delete` removes
 * an element, `$patch: replace` replaces a map or a list. The keys are those that the Kubernetes API
 * documents for PodSpec (patchMergeKey).
 */
type Json = unknown;
type JsonObject = Readonly<Record<string, Json>>;

/** By the path of field names from the template; `*` stands for any element of a list. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  'spec.containers': 'name',
  'spec.initContainers': 'name',
  'spec.ephemeralContainers': 'name',
  'spec.volumes': 'name',
  'spec.imagePullSecrets': 'name',
  'spec.hostAliases': 'ip',
  'spec.topologySpreadConstraints': 'topologyKey',
  'spec.resourceClaims': 'name',
  'spec.schedulingGates': 'name',
  'spec.containers.*.env': 'name',
  'spec.containers.*.ports': 'containerPort',
  'spec.containers.*.volumeMounts': 'mountPath',
  'spec.containers.*.volumeDevices': 'devicePath',
  'spec.initContainers.*.env': 'name',
  'spec.initContainers.*.ports': 'containerPort',
  'spec.initContainers.*.volumeMounts': 'mountPath',
  'spec.initContainers.*.volumeDevices': 'devicePath',
  'metadata.ownerReferences': 'uid',
};

export function strategicMerge<T>(base: T, patch: unknown): T {
  return merge(base, patch, '') as T;
}

function merge(base: Json, patch: Json, path: string): Json {
  if (Array.isArray(patch)) return mergeList(Array.isArray(base) ? base : [], patch, path);
  if (isObject(patch)) return mergeMap(isObject(base) ? base : {}, patch, path);
  return patch;
}

function mergeMap(base: JsonObject, patch: JsonObject, path: string): JsonObject {
  const { $patch: directive, ...fields } = patch;
  if (directive === 'delete') return {};
  const result: Record<string, Json> = directive === 'replace' ? {} : { ...base };
  for (const [key, value] of Object.entries(fields)) {
    if (key.startsWith('$setElementOrder/')) continue;
    if (key === '$retainKeys') {
      const kept = new Set(Array.isArray(value) ? value : []);
      for (const existing of Object.keys(result)) if (!kept.has(existing)) delete result[existing];
    } else if (key.startsWith('$deleteFromPrimitiveList/')) {
      const field = key.slice('$deleteFromPrimitiveList/'.length);
      const gone = new Set(Array.isArray(value) ? value : []);
      const list = result[field];
      if (Array.isArray(list)) result[field] = list.filter((item) => !gone.has(item));
    } else if (value === null) {
      delete result[key];
    } else {
      const merged = merge(result[key], value, path === '' ? key : `${path}.${key}`);
      if (isObject(value) && value['$patch'] === 'delete') delete result[key];
      else result[key] = merged;
    }
  }
  return result;
}

function mergeList(base: readonly Json[], patch: readonly Json[], path: string): readonly Json[] {
  const replaces = patch.some(
    (item) => isObject(item) && item['$patch'] === 'replace' && Object.keys(item).length === 1,
  );
  const items = patch.filter(
    (item) => !(isObject(item) && item['$patch'] === 'replace' && Object.keys(item).length === 1),
  );
  const key = MERGE_KEYS[path];
  if (replaces || key === undefined) return items.map((item) => merge(undefined, item, `${path}.*`));

  const result = [...base];
  for (const item of items) {
    if (!isObject(item)) continue;
    const index = result.findIndex((existing) => isObject(existing) && existing[key] === item[key]);
    if (item['$patch'] === 'delete') {
      if (index >= 0) result.splice(index, 1);
    } else if (index >= 0) {
      result[index] = merge(result[index], item, `${path}.*`);
    } else {
      result.push(merge(undefined, item, `${path}.*`));
    }
  }
  return result;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
