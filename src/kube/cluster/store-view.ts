import { LABEL } from '../../api/names.ts';
import { modelKey } from '../../controller/model-key.ts';
import type { ClusterView } from '../../controller/ports/cluster-view.ts';
import { referencedModel } from '../../controller/affected-models.ts';
import { failsToPull, takesPlace } from '../../core/node/fetching.ts';
import { isReachable } from '../../core/node/reachability.ts';
import { BY_MODEL, BY_PULLING, type ClusterStores, PULLING } from './cluster-stores.ts';
import { currentPod } from './stored.ts';

/** The stores as the controller reads them. What we have deleted and the watch has not yet buried is not shown. */
export function storeView(stores: ClusterStores): ClusterView {
  const { models, rollouts, nodes, pods, revisions, configMaps, services } = stores;
  return {
    model: (namespace, name) => models.get(namespace, name),
    models: () => models.list(),
    keys: () => [
      ...new Set([
        ...models.list().map(({ metadata }) => modelKey(metadata.namespace ?? '', metadata.name)),
        ...rollouts.list().flatMap((rollout) => {
          const name = referencedModel(rollout);
          return name === undefined ? [] : [modelKey(rollout.metadata.namespace ?? '', name)];
        }),
      ]),
    ],
    rollouts: (namespace, model) => rollouts.indexed(BY_MODEL, `${namespace}/${model}`),
    rollout: (namespace, name) => rollouts.get(namespace, name),
    nodes: () => nodes.list().map(({ view }) => view),
    pulls: (now) =>
      pods.indexed(BY_PULLING, PULLING).flatMap((stored) => {
        const pod = currentPod(stored);
        const node = nodes.get(undefined, pod.node);
        if (node === undefined || !isReachable(node.view) || !takesPlace(pod, now)) return [];
        const model = modelKey(pod.namespace, pod.labels[LABEL.model] ?? '');
        return [{ model, since: pod.createdAt, failing: failsToPull(pod) }];
      }),
    hasPod: (namespace, name) => pods.get(namespace, name) !== undefined,
    pods: (namespace, model) => pods.indexed(BY_MODEL, `${namespace}/${model}`).map(currentPod),
    revisions: (namespace, model) =>
      revisions
        .indexed(BY_MODEL, `${namespace}/${model}`)
        .flatMap(({ metadata, revision }) =>
          revision === undefined || metadata.deletionTimestamp !== undefined ? [] : [revision],
        ),
    configMaps: (namespace, model) =>
      configMaps.indexed(BY_MODEL, `${namespace}/${model}`).flatMap(({ metadata, memory }) => {
        const { name, uid = '', resourceVersion = '', deletionTimestamp, ownerReferences = [] } = metadata;
        return deletionTimestamp === undefined
          ? [{ name, uid, resourceVersion, ownerReferences, memory }]
          : [];
      }),
    service: (namespace, name) => services.get(namespace, name),
  };
}
