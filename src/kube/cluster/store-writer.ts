import { LABEL } from '../../api/names.ts';
import type { KubeObject } from '../../api/object-meta.ts';
import type { Clock } from '../../controller/clock.ts';
import type { ClusterWriter } from '../../controller/ports/cluster-writer.ts';
import type { KubeClient } from '../client.ts';
import { ApiError, isApiError } from '../errors.ts';
import { type Resource, RESOURCES } from '../resource.ts';
import type { ClusterStores } from './cluster-stores.ts';

export interface StoreWriterOptions {
  readonly client: KubeClient;
  readonly stores: ClusterStores;
  readonly clock: Clock;
}

interface Remembers {
  remember(raw: KubeObject): void;
}

interface RemembersDeletion {
  rememberDeleted(namespace: string | undefined, name: string, uid: string, at: string): void;
}

/** Writes through the client, and puts what the server answers into the stores before it is told by the watch. */
export function storeWriter({ client, stores, clock }: StoreWriterOptions): ClusterWriter {
  const { controllerRevisions, configMaps, services, pods, edgeModels, edgeRollouts } = RESOURCES;

  return {
    createRevision: (namespace, { object }) =>
      create(controllerRevisions, stores.revisions, namespace, object),
    async markRevision(namespace, { name, resourceVersion, annotations }) {
      const patch = { metadata: { resourceVersion, annotations } };
      stores.revisions.remember(await client.mergePatch(controllerRevisions, namespace, name, patch));
    },
    deleteRevision: (namespace, { name, uid }) =>
      remove(controllerRevisions, stores.revisions, namespace, name, uid),
    createConfigMap: (namespace, { object }) => create(configMaps, stores.configMaps, namespace, object),
    async deleteConfigMap(namespace, { name }) {
      const uid = stores.configMaps.get(namespace, name)?.metadata.uid;
      if (uid !== undefined) await remove(configMaps, stores.configMaps, namespace, name, uid);
    },
    async writeMemory(namespace, { name, resourceVersion, object }) {
      // One that cannot be read was told to the core as lost; it has to make room for the new one.
      const lost = stores.configMaps.get(namespace, name);
      const version =
        resourceVersion ?? (lost?.memory === 'unreadable' ? lost.metadata.resourceVersion : undefined);
      if (version === undefined) return createMemory(namespace, object);
      const metadata = { ...object.metadata, namespace, name, resourceVersion: version };
      stores.configMaps.remember(await client.replace(configMaps, { ...object, metadata }));
    },
    async applyService(namespace, { object }) {
      stores.services.remember(await client.apply(services, namespace, object.metadata.name, object));
    },
    deleteService: (namespace, { name, uid }) => remove(services, stores.services, namespace, name, uid),
    writeModelStatus: (namespace, action) => writeStatus(edgeModels, stores.models, namespace, action),
    writeRolloutStatus: (namespace, action) => writeStatus(edgeRollouts, stores.rollouts, namespace, action),
    async createPod(namespace, { pod }) {
      stores.pods.remember(await client.create(pods, namespace, pod));
    },
    deletePod: (namespace, { name, uid }) => remove(pods, stores.pods, namespace, name, uid),
    async adoptPod(namespace, { name, uid, resourceVersion, labels, ownerReferences }) {
      const patch = { metadata: { uid, resourceVersion, labels, ownerReferences } };
      stores.pods.remember(await client.mergePatch(pods, namespace, name, patch));
    },
    async setFinalizers(namespace, { name, resourceVersion, finalizers }) {
      const patch = { metadata: { resourceVersion, finalizers } };
      stores.models.remember(await client.mergePatch(edgeModels, namespace, name, patch));
    },
    async setOwner(namespace, { of, name, uid, owner }) {
      const [resource, store] = {
        Pod: [pods, stores.pods] as const,
        ConfigMap: [configMaps, stores.configMaps] as const,
        ControllerRevision: [controllerRevisions, stores.revisions] as const,
      }[of];
      const others = (store.get(namespace, name)?.metadata.ownerReferences ?? []).filter(
        ({ controller }) => controller !== true,
      );
      const ownerReferences = owner === undefined ? others : [...others, owner];
      if (of !== 'ConfigMap') {
        const patch = { metadata: { uid, ownerReferences } };
        store.remember(await client.mergePatch(resource, namespace, name, patch));
        return;
      }
      // Read and replaced: the right to patch ConfigMaps is asked for by nothing else.
      const found = await read(configMaps, namespace, name);
      if (found?.metadata.uid !== uid) return;
      const metadata = { ...found.metadata, ownerReferences };
      store.remember(await client.replace(configMaps, { ...found, metadata }));
    },
    async tryPod(namespace, pod) {
      await client.create(pods, namespace, pod, { dryRun: true, fieldValidation: 'Strict' });
    },
    findPods: (namespace, selector) => client.listAll(pods, { namespace, labelSelector: selector }),
    async readPod(namespace, name) {
      const found = await read(pods, namespace, name);
      if (found?.metadata.labels?.[LABEL.model] !== undefined) stores.pods.remember(found);
      return found;
    },
    readService: (namespace, name) => read(services, namespace, name),
  };

  async function read(resource: Resource, namespace: string, name: string): Promise<KubeObject | undefined> {
    try {
      return await client.get(resource, namespace, name);
    } catch (error) {
      if (isApiError(error, 'notFound')) return undefined;
      throw error;
    }
  }

  /** For objects whose name says all that is in them: one of the same owner under this name is the same. */
  async function create(
    resource: Resource,
    store: Remembers,
    namespace: string,
    object: KubeObject,
  ): Promise<void> {
    try {
      store.remember(await client.create(resource, namespace, object));
    } catch (error) {
      if (!isApiError(error, 'alreadyExists')) throw error;
      const found = await read(resource, namespace, object.metadata.name);
      const difference = found === undefined ? 'it is gone again' : inTheWay(found, object);
      if (found === undefined || difference !== undefined)
        throw overtaken(resource, namespace, object, difference);
      store.remember(found);
    }
  }

  /** Another draw may be written down under this name: then that one holds, and the decision is taken anew. */
  async function createMemory(namespace: string, object: KubeObject): Promise<void> {
    try {
      stores.configMaps.remember(await client.create(configMaps, namespace, object));
    } catch (error) {
      if (!isApiError(error, 'alreadyExists')) throw error;
      const found = await read(configMaps, namespace, object.metadata.name);
      const difference = found && inTheWay(found, object);
      if (difference !== undefined) throw overtaken(configMaps, namespace, object, difference);
      if (found !== undefined) stores.configMaps.remember(found);
      throw new ApiError(`create configmaps ${namespace}/${object.metadata.name}`, error.serverMessage, {
        code: 'conflict',
        status: error.status,
        reason: error.reason,
      });
    }
  }

  async function remove(
    resource: Resource,
    store: RemembersDeletion,
    namespace: string,
    name: string,
    uid: string,
  ): Promise<void> {
    try {
      await client.delete(resource, namespace, name, { uid });
    } catch (error) {
      if (!isApiError(error, 'notFound')) throw error;
    }
    store.rememberDeleted(namespace, name, uid, new Date(clock.now()).toISOString());
  }

  async function writeStatus(
    resource: Resource,
    store: Remembers & { get(namespace: string, name: string): KubeObject | undefined },
    namespace: string,
    {
      name,
      resourceVersion,
      status,
    }: { readonly name: string; readonly resourceVersion: string; readonly status: unknown },
  ): Promise<void> {
    const known = store.get(namespace, name);
    if (known === undefined) return;
    // Whole, as the server takes the rest from what it has; a patch would leave what this status no longer says.
    const object = { ...known, metadata: { ...known.metadata, resourceVersion }, status };
    store.remember(await client.replace(resource, object, { subresource: 'status' }));
  }
}

/** Why the object of this name is not the one that was to be made; undefined where it is. */
function inTheWay(found: KubeObject, wanted: KubeObject): string | undefined {
  const [owner, ours] = [found, wanted].map(({ metadata }) =>
    metadata.ownerReferences?.find((each) => each.controller === true),
  );
  if (owner?.uid !== ours?.uid)
    return owner === undefined
      ? 'it has no owner'
      : `it belongs to ${owner.kind} ${owner.name} (uid ${owner.uid})`;
  return found.metadata.deletionTimestamp === undefined ? undefined : 'it is being deleted';
}

/** Left to the retry: what is in the way is mostly on its way out, and where it is not, this sentence is in the log. */
function overtaken(resource: Resource, namespace: string, object: KubeObject, difference = ''): ApiError {
  const name = object.metadata.name;
  const message = `${resource.kind} ${namespace}/${name} exists already and is another: ${difference}; delete it if nobody needs it`;
  return new ApiError(`create ${resource.plural} ${namespace}/${name}`, message, {
    code: 'alreadyExists',
    status: 409,
    reason: 'AlreadyExists',
  });
}
