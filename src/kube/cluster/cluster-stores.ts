import { LABEL, MANAGED_BY } from '../../api/names.ts';
import type { KubeObject, ObjectMeta } from '../../api/object-meta.ts';
import { referencedModel } from '../../controller/affected-models.ts';
import type { Clock } from '../../controller/clock.ts';
import type { ClusterChange, ClusterChanges } from '../../controller/ports/cluster-view.ts';
import { isPulling } from '../../core/node/fetching.ts';
import type { KubeClient } from '../client.ts';
import { byLabel } from '../indices.ts';
import { type Resource, RESOURCES } from '../resource.ts';
import { Store, type Stored, type StoreChange } from '../store.ts';
import { type WatchHealth, WatchRecord } from '../watch-health.ts';
import { runWatcher, type WatchFailure, type WatcherEvent } from '../watcher.ts';
import {
  currentPod,
  type StoredConfigMap,
  storedConfigMap,
  type StoredNode,
  storedNode,
  type StoredPod,
  storedPod,
  type StoredRevision,
  storedRevision,
} from './stored.ts';

export interface ClusterStoresOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Only this namespace, and all nodes. */
  readonly namespace?: string | undefined;
  readonly onFailure: (failure: WatchFailure) => void;
  readonly onHandlerError: (error: unknown) => void;
  /** The memory of a candidate that cannot be read, once for each of its versions; it counts as lost. */
  readonly onUnreadableMemory: (configMap: ObjectMeta) => void;
}

export const BY_MODEL = 'model';
/** Pods whose images are on their way: few, however many pods there are. */
export const BY_PULLING = 'pulling';
export const PULLING = 'yes';

/** Everything that decisions rest on, each kind in a store that a watch keeps up to date. */
export class ClusterStores implements ClusterChanges {
  readonly models: Store<KubeObject>;
  readonly rollouts: Store<KubeObject>;
  readonly nodes: Store<StoredNode>;
  readonly pods: Store<StoredPod>;
  readonly revisions: Store<StoredRevision>;
  readonly configMaps: Store<StoredConfigMap>;
  readonly services: Store<KubeObject>;
  readonly #options: ClusterStoresOptions;
  readonly #records: WatchRecord[] = [];

  constructor(options: ClusterStoresOptions) {
    this.#options = options;
    const onSubscriberError = options.onHandlerError;
    const parts = { indexers: { [BY_MODEL]: byLabel(LABEL.model) }, onSubscriberError };
    this.models = new Store({ project: whole, onSubscriberError });
    this.rollouts = new Store({ project: whole, indexers: { [BY_MODEL]: byReference }, onSubscriberError });
    this.nodes = new Store({ project: storedNode, onSubscriberError });
    this.pods = new Store({
      project: storedPod,
      indexers: {
        ...parts.indexers,
        [BY_PULLING]: (stored: StoredPod) => (isPulling(currentPod(stored)) ? [PULLING] : []),
      },
      onSubscriberError,
    });
    this.revisions = new Store({ project: storedRevision, ...parts });
    this.configMaps = new Store({ project: storedConfigMap, ...parts });
    this.services = new Store({ project: whole, onSubscriberError });
    this.configMaps.subscribe((change) => {
      if (change.type !== 'deleted' && change.new.memory === 'unreadable') {
        options.onUnreadableMemory(change.new.metadata);
      }
    });
  }

  get hasSynced(): boolean {
    return this.#all().every((store) => store.hasSynced);
  }

  /** How many objects are kept, by resource. */
  sizes(): Readonly<Record<string, number>> {
    return {
      [RESOURCES.edgeModels.plural]: this.models.size,
      [RESOURCES.edgeRollouts.plural]: this.rollouts.size,
      [RESOURCES.nodes.plural]: this.nodes.size,
      [RESOURCES.pods.plural]: this.pods.size,
      [RESOURCES.controllerRevisions.plural]: this.revisions.size,
      [RESOURCES.configMaps.plural]: this.configMaps.size,
      [RESOURCES.services.plural]: this.services.size,
    };
  }

  /** Of each watch, once `run` has begun. */
  watches(): readonly WatchHealth[] {
    const now = this.#options.clock.now();
    return this.#records.map((record) => record.health(now));
  }

  /** Resolves when every store has taken in a whole list; before that, absence means nothing. */
  async synced(): Promise<void> {
    await Promise.all(this.#all().map((store) => store.synced()));
  }

  subscribe(listener: (change: ClusterChange) => void): () => void {
    const tell =
      <T, Kind extends ClusterChange['kind']>(kind: Kind, project: (stored: T) => unknown) =>
      (change: StoreChange<T>): void => {
        const before = change.type === 'added' ? undefined : project(change.old);
        const after = change.type === 'deleted' ? undefined : project(change.new);
        listener({ kind, old: before, new: after } as ClusterChange);
      };
    const unsubscribe = [
      this.models.subscribe(tell('EdgeModel', whole)),
      this.rollouts.subscribe(tell('EdgeRollout', whole)),
      this.nodes.subscribe(tell('Node', ({ view }: StoredNode) => view)),
      this.pods.subscribe(tell('Pod', currentPod)),
      this.revisions.subscribe(tell('Part', metadataOf)),
      this.configMaps.subscribe(tell('Part', metadataOf)),
      this.services.subscribe(tell('Part', metadataOf)),
    ];
    return () => {
      for (const end of unsubscribe) end();
    };
  }

  /** Watches until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const managed = `${LABEL.managedBy}=${MANAGED_BY}`;
    await Promise.all([
      this.#watch(RESOURCES.edgeModels, this.models, signal),
      this.#watch(RESOURCES.edgeRollouts, this.rollouts, signal),
      this.#watch(RESOURCES.nodes, this.nodes, signal),
      this.#watch(RESOURCES.pods, this.pods, signal, LABEL.model),
      this.#watch(RESOURCES.controllerRevisions, this.revisions, signal, LABEL.model),
      this.#watch(RESOURCES.configMaps, this.configMaps, signal, managed),
      this.#watch(RESOURCES.services, this.services, signal, managed),
    ]);
  }

  #watch(
    resource: Resource,
    store: { handle(event: WatcherEvent): void },
    signal: AbortSignal,
    labelSelector?: string,
  ): Promise<void> {
    const { client, clock, random, namespace, onFailure, onHandlerError } = this.#options;
    const record = new WatchRecord(resource.plural, clock.now());
    this.#records.push(record);
    const options = { client, clock, random, onFailure, onHandlerError, record };
    const where = resource.namespaced ? { namespace } : {};
    return runWatcher(
      { ...options, ...where, resource, labelSelector },
      (event) => store.handle(event),
      signal,
    );
  }

  #all(): readonly Pick<Store<Stored>, 'hasSynced' | 'synced'>[] {
    return [
      this.models,
      this.rollouts,
      this.nodes,
      this.pods,
      this.revisions,
      this.configMaps,
      this.services,
    ];
  }
}

function whole(raw: KubeObject): KubeObject {
  return raw;
}

function metadataOf({ metadata }: Stored): Stored['metadata'] {
  return metadata;
}

function byReference(rollout: KubeObject): readonly string[] {
  const name = referencedModel(rollout);
  return name === undefined ? [] : [`${rollout.metadata.namespace}/${name}`];
}
