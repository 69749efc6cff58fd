import type { Toleration } from '../hardware/taints.ts';
import type { Affinity, Container, NodeSelectorTerm, PodSpec } from '../pods/pod-template.ts';

/** Set by the API server, its admission or a scheduler for one pod; each is set anew where such a pod is made again. */
const SET_BY_CLUSTER = new Set([
  'nodeName',
  'priority',
  'preemptionPolicy',
  'overhead',
  'serviceAccount',
  'ephemeralContainers',
]);

/** What the DaemonSet controller adds to each of its pods (AddOrUpdateDaemonPodTolerations of Kubernetes), the last with hostNetwork. */
const DAEMON_TOLERATIONS = new Set(
  ['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable', 'network-unavailable'].map(
    (name) => `node.kubernetes.io/${name}`,
  ),
);
/** Every pod of ours tolerates these for good; a second one with a limit would win over that. */
const OFFLINE = new Set(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']);

/**
 * The spec of a template from which the API server would make a pod like this one on any node: without what the
 * cluster added for this one pod. Pods of one DaemonSet revision have the same.
 */
export function templateOfPod(spec: PodSpec): PodSpec {
  const tokens = new Set(
    (spec.volumes ?? [])
      .filter((volume) => volume.name.startsWith('kube-api-access-') && volume['projected'] !== undefined)
      .map(({ name }) => name),
  );
  const volumes = (spec.volumes ?? []).filter(({ name }) => !tokens.has(name));
  const tolerations = (spec.tolerations ?? []).filter((each) => !isAdded(each));
  const affinity = spec.affinity && withoutNode(spec.affinity);
  const { volumes: _, tolerations: __, affinity: ___, initContainers, containers, ...rest } = spec;
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([field]) => !SET_BY_CLUSTER.has(field))),
    containers: containers.map((each) => withoutMounts(each, tokens)),
    ...(initContainers === undefined || initContainers.length === 0
      ? {}
      : { initContainers: initContainers.map((each) => withoutMounts(each, tokens)) }),
    ...(volumes.length > 0 ? { volumes } : {}),
    ...(tolerations.length > 0 ? { tolerations } : {}),
    ...(affinity === undefined ? {} : { affinity }),
  };
}

function withoutMounts(container: Container, volumes: ReadonlySet<string>): Container {
  const { volumeMounts = [], ...rest } = container;
  const left = volumeMounts.filter(({ name }) => !volumes.has(name));
  return left.length > 0 ? { ...rest, volumeMounts: left } : rest;
}

function isAdded({ key = '', operator, value, effect }: Toleration): boolean {
  if (operator !== 'Exists' || value) return false;
  return (
    (effect === 'NoExecute' && OFFLINE.has(key)) || (effect === 'NoSchedule' && DAEMON_TOLERATIONS.has(key))
  );
}

/** Terms are alternatives: one that asked for nothing but the node makes the whole requirement void. */
function withoutNode(affinity: Affinity): Affinity | undefined {
  const { nodeAffinity, ...others } = affinity;
  const { requiredDuringSchedulingIgnoredDuringExecution: required, ...preferred } = nodeAffinity ?? {};
  const terms = required?.nodeSelectorTerms.map(withoutName) ?? [];
  const isVoid = terms.length === 0 || terms.some((term) => Object.keys(term).length === 0);
  const node = {
    ...preferred,
    ...(isVoid ? {} : { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } }),
  };
  const left = { ...others, ...(Object.keys(node).length > 0 ? { nodeAffinity: node } : {}) };
  return Object.keys(left).length > 0 ? left : undefined;
}

function withoutName({ matchFields = [], matchExpressions = [] }: NodeSelectorTerm): NodeSelectorTerm {
  const fields = matchFields.filter(({ key }) => key !== 'metadata.name');
  return {
    ...(matchExpressions.length > 0 ? { matchExpressions } : {}),
    ...(fields.length > 0 ? { matchFields: fields } : {}),
  };
}
