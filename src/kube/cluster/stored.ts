import { LABEL } from '../../api/names.ts';
import type { KubeObject, ObjectMeta } from '../../api/object-meta.ts';
import type { ConfigMapView } from '../../controller/ports/cluster-view.ts';
import { parseRevision } from '../../core/revision/controller-revision.ts';
import type { Revision } from '../../core/revision/revision.ts';
import type { CandidateMemory } from '../../core/rollout/memory.ts';
import { type NodeView, nodeView } from '../../core/views/node-view.ts';
import { type PodView, podView } from '../../core/views/pod-view.ts';

/** What is kept of each kind; memory for a large fleet is decided here. */
export interface StoredNode {
  readonly metadata: ObjectMeta;
  readonly view: NodeView;
}

export interface StoredPod {
  readonly metadata: ObjectMeta;
  readonly view: PodView;
}

export interface StoredRevision {
  readonly metadata: ObjectMeta;
  /** Undefined where its data is not ours. */
  readonly revision: Revision | undefined;
}

export interface StoredConfigMap {
  readonly metadata: ObjectMeta;
  readonly memory: ConfigMapView['memory'];
}

/** Where a candidate's memory is in its ConfigMap. */
export const MEMORY_KEY = 'memory.json';
export const MEMORY_ROLE = 'memory';

export function storedNode(raw: KubeObject): StoredNode {
  const { name, uid, resourceVersion, deletionTimestamp } = raw.metadata;
  return { metadata: kept({ name, uid, resourceVersion, deletionTimestamp }), view: nodeView(raw) };
}

export function storedPod(raw: KubeObject): StoredPod {
  return { metadata: ownedMetadata(raw), view: podView(raw) };
}

/** A pod whose deletion the server has agreed to is being deleted, whether the watch has said so yet or not. */
export function currentPod({ metadata, view }: StoredPod): PodView {
  return metadata.deletionTimestamp !== undefined && !view.deleting ? { ...view, deleting: true } : view;
}

export function storedRevision(raw: KubeObject): StoredRevision {
  return { metadata: ownedMetadata(raw), revision: parseRevision(raw) };
}

/** The files of a config stay on the server: that they are there is all that matters. */
export function storedConfigMap(raw: KubeObject): StoredConfigMap {
  const metadata = ownedMetadata(raw);
  return { metadata, memory: metadata.labels?.[LABEL.role] === MEMORY_ROLE ? memoryOf(raw) : undefined };
}

function memoryOf(raw: KubeObject): CandidateMemory | 'unreadable' {
  const data = ('data' in raw ? raw.data : undefined) as Readonly<Record<string, string>> | undefined;
  try {
    const memory = JSON.parse(data?.[MEMORY_KEY] ?? '') as Partial<CandidateMemory> | null;
    const whole =
      typeof memory?.revision === 'string' &&
      typeof memory.attempt === 'number' &&
      typeof memory.seed === 'string' &&
      Array.isArray(memory.waves) &&
      Array.isArray(memory.metrics) &&
      Array.isArray(memory.walks);
    return whole ? (memory as CandidateMemory) : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

/** Of what a model may own. */
function ownedMetadata({ metadata }: KubeObject): ObjectMeta {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, labels, ownerReferences } = metadata;
  return kept({ name, namespace, uid, resourceVersion, deletionTimestamp, labels, ownerReferences });
}

/** Without what is undefined. */
function kept(metadata: { readonly [Key in keyof ObjectMeta]: ObjectMeta[Key] | undefined }): ObjectMeta {
  return Object.fromEntries(
    Object.entries(metadata).filter(([, value]) => value !== undefined),
  ) as unknown as ObjectMeta;
}
