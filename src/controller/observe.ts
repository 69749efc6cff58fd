import type { EdgeModel } from '../api/edge-model.ts';
import type { EdgeRollout } from '../api/edge-rollout.ts';
import type { KubeObject } from '../api/object-meta.ts';
import { parseEdgeModel, parseEdgeRollout } from '../api/parse.ts';
import type { Parsed } from '../api/parse.ts';
import type { Invalid, Observed, Settings, StoredMemory } from '../core/observed.ts';
import { controllerOf } from '../core/views/controller-of.ts';
import type { Evidence } from '../judge/evidence.ts';
import type { ModelKey } from './model-key.ts';
import type { ModelMemory } from './model-memory.ts';
import { describeQueries } from './metric-query.ts';
import type { ClusterView, ConfigMapView } from './ports/cluster-view.ts';
import type { MetricsSource } from './ports/metrics-source.ts';

export interface ObserveOptions {
  readonly view: ClusterView;
  readonly settings: Settings;
  readonly metrics: Pick<MetricsSource, 'describe'>;
}

/** What belongs to one pass and not to the cluster. */
export interface PassInput {
  readonly memory: ModelMemory;
  readonly evidence: ReadonlyMap<string, Evidence>;
  readonly entropy: string;
  readonly pulls: Observed['pulls'];
  readonly records: Observed['records'];
  readonly leasesAsked: boolean;
}

/**
 * One snapshot of all that a decision about the model rests on. Never throws for what the cluster holds: an
 * object that the schema does not take is named in `invalid`, a memory that cannot be read counts as lost.
 */
export function observe(options: ObserveOptions, { namespace, name }: ModelKey, input: PassInput): Observed {
  const { view, settings, metrics } = options;
  const rawModel = view.model(namespace, name);
  const model = rawModel && parsedModel(rawModel);
  const rollouts = view.rollouts(namespace, name).map((raw) => ({ raw, parsed: parsedRollout(raw) }));
  const configMaps = view.configMaps(namespace, name);
  return {
    namespace,
    name,
    model: model?.ok === true ? model.value : undefined,
    rollouts: rollouts.flatMap(({ parsed }) => (parsed.ok ? [parsed.value] : [])),
    invalid: [
      ...(rawModel && model?.ok === false ? [invalid('EdgeModel', rawModel, model.errors)] : []),
      ...rollouts.flatMap(({ raw, parsed }) =>
        parsed.ok ? [] : [{ ...invalid('EdgeRollout', raw, parsed.errors), modelName: name }],
      ),
    ],
    nodes: view.nodes(),
    pods: view.pods(namespace, name),
    revisions: view.revisions(namespace, name),
    memories: configMaps.flatMap(storedMemory),
    configMaps: new Map(
      configMaps.flatMap((each) =>
        each.memory === undefined
          ? [[each.name, { uid: each.uid, controller: controllerOf(each) }] as const]
          : [],
      ),
    ),
    service: view.service(namespace, name) ?? input.memory.foreignService?.object,
    settings,
    acceptance: input.memory.acceptance,
    adoptable: input.memory.adoptable,
    evidence: input.evidence,
    taken: input.memory.taken,
    queries: new Map(
      rollouts.flatMap(({ parsed }) => (parsed.ok ? [...queriesOf(metrics, parsed.value)] : [])),
    ),
    remade: input.memory.remade,
    unfetched: input.memory.unfetched,
    mismatched: input.memory.mismatched,
    refusedPods: input.memory.refusedPods,
    records: input.records,
    leasesAsked: input.leasesAsked,
    pulls: input.pulls,
    entropy: input.entropy,
  };
}

function invalid(kind: Invalid['kind'], raw: KubeObject, errors: Invalid['errors']): Invalid {
  return { kind, metadata: raw.metadata, status: 'status' in raw ? raw.status : undefined, errors };
}

/** One that cannot be read counts as lost; the store has said so in the log. */
function storedMemory(configMap: ConfigMapView): readonly StoredMemory[] {
  const { name, resourceVersion, ownerReferences, memory } = configMap;
  const revisionUid = ownerReferences.find(({ kind }) => kind === 'ControllerRevision')?.uid;
  return memory === undefined || memory === 'unreadable'
    ? []
    : [{ name, resourceVersion, revisionUid, memory }];
}

/** A stored object is never changed, only replaced: parsing each once is enough. */
const models = new WeakMap<KubeObject, Parsed<EdgeModel>>();
const rollouts = new WeakMap<KubeObject, Parsed<EdgeRollout>>();

function parsedModel(raw: KubeObject): Parsed<EdgeModel> {
  return once(models, raw, parseEdgeModel);
}

function parsedRollout(raw: KubeObject): Parsed<EdgeRollout> {
  return once(rollouts, raw, parseEdgeRollout);
}

/** A parsed rollout is as lasting as the stored one. */
const queries = new WeakMap<EdgeRollout, Observed['queries']>();

function queriesOf(metrics: Pick<MetricsSource, 'describe'>, rollout: EdgeRollout): Observed['queries'] {
  return once(queries, rollout, () => describeQueries(metrics, rollout));
}

function once<K extends object, T>(cache: WeakMap<K, T>, raw: K, parse: (raw: K) => T): T {
  const known = cache.get(raw);
  if (known !== undefined) return known;
  const parsed = parse(raw);
  cache.set(raw, parsed);
  return parsed;
}
