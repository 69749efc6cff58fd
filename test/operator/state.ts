import type { EdgeModel } from '../../src/api/edge-model.ts';
import type { EdgeRollout } from '../../src/api/edge-rollout.ts';
import { LABEL } from '../../src/api/names.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { parseRevision } from '../../src/core/revision/controller-revision.ts';
import type { Revision } from '../../src/core/revision/revision.ts';
import type { CandidateMemory } from '../../src/core/rollout/memory.ts';
import { parseMemory } from '../../src/core/rollout/memory-config-map.ts';
import { NODE_ANNOTATION } from '../../src/core/views/pod-view.ts';
import { type Node, readyCondition } from '../../src/sim/fleet/node.ts';
import type { Pod } from '../../src/sim/fleet/pod.ts';

/** What the API server holds at one moment. */
export interface State {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly pods: readonly ModelPod[];
  readonly models: readonly EdgeModel[];
  readonly rollouts: readonly EdgeRollout[];
  readonly revisions: readonly (Revision & { readonly model: string })[];
  readonly memories: readonly (CandidateMemory & { readonly model: string })[];
}

interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string;
}

export interface ModelPod {
  readonly name: string;
  readonly uid: string;
  readonly model: string;
  readonly role: string;
  readonly revision: string;
  readonly version: string;
  readonly variant: string;
  readonly cohort: string;
  readonly node: string;
  readonly ready: boolean;
  /** When Ready last changed, ms since the epoch, by the whole second. */
  readonly readySince: number | undefined;
  readonly deleting: boolean;
  readonly phase: string;
  /** No container of it has run yet: what it needs is on its way, or its kubelet tries again. */
  readonly fetching: boolean;
}

export function modelPod(pod: Pod): ModelPod {
  const { name, uid = '', labels = {}, annotations = {}, deletionTimestamp } = pod.metadata;
  const conditions = (pod.status as { readonly conditions?: readonly PodCondition[] })?.conditions;
  const readyOf = conditions?.find(({ type }) => type === 'Ready');
  const readySince = Date.parse(readyOf?.lastTransitionTime ?? '');
  return {
    name,
    uid,
    model: labels[LABEL.model] ?? '',
    role: labels[LABEL.role] ?? 'serve',
    revision: labels[LABEL.revision] ?? '',
    version: labels[LABEL.version] ?? '',
    variant: labels[LABEL.variant] ?? '',
    cohort: labels[LABEL.cohort] ?? '',
    node: annotations[NODE_ANNOTATION] ?? pod.spec.nodeName ?? '',
    // A pod that has ended may keep the conditions that it had.
    ready: pod.status?.phase === 'Running' && readyOf?.status === 'True',
    readySince: Number.isNaN(readySince) ? undefined : readySince,
    deleting: deletionTimestamp !== undefined,
    phase: pod.status?.phase ?? 'Pending',
    fetching: isFetching(pod),
  };
}

function isFetching({ metadata, status }: Pod): boolean {
  const unscheduled = status?.conditions?.some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable',
  );
  const ran = (status?.containerStatuses ?? []).some(
    ({ state, lastState }) =>
      state.running !== undefined || state.terminated !== undefined || lastState?.terminated !== undefined,
  );
  const over = status?.phase === 'Failed' || status?.phase === 'Succeeded';
  return metadata.deletionTimestamp === undefined && unscheduled !== true && !ran && !over;
}

/** @param selectors `nodes`: a label selector, where the cluster has nodes that are nobody's business here */
export async function readState(
  client: KubeClient,
  namespace: string,
  selectors: { readonly nodes?: string } = {},
): Promise<State> {
  const [nodes, pods, models, rollouts, revisions, configMaps] = await Promise.all([
    client.listAll<Node>(RESOURCES.nodes, { labelSelector: selectors.nodes }),
    client.listAll<Pod>(RESOURCES.pods, { namespace, labelSelector: LABEL.model }),
    client.listAll<EdgeModel>(RESOURCES.edgeModels, { namespace }),
    client.listAll<EdgeRollout>(RESOURCES.edgeRollouts, { namespace }),
    client.listAll(RESOURCES.controllerRevisions, { namespace }),
    client.listAll(RESOURCES.configMaps, { namespace, labelSelector: LABEL.model }),
  ]);
  return {
    nodes: new Map(nodes.map((node) => [node.metadata.name, node])),
    pods: pods.map(modelPod),
    models,
    rollouts,
    revisions: revisions.flatMap((raw) => {
      const revision = parseRevision(raw);
      return revision === undefined ? [] : [{ ...revision, model: raw.metadata.labels?.[LABEL.model] ?? '' }];
    }),
    memories: configMaps.flatMap((raw) => {
      const memory = parseMemory(raw);
      // The collector has yet to take it after its revision, perhaps one of a former model of the same name.
      const isLeft = (raw.metadata.ownerReferences ?? []).some(
        ({ uid }) => !revisions.some(({ metadata }) => metadata.uid === uid),
      );
      return memory === undefined || isLeft
        ? []
        : [{ ...memory, model: raw.metadata.labels?.[LABEL.model] ?? '' }];
    }),
  };
}

export function isReady(node: Node | undefined): boolean {
  return node !== undefined && readyCondition(node)?.status === 'True';
}
