import type { KubeObject } from '../../api/object-meta.ts';
import type { Noticed } from '../node/noticed.ts';

/** What Outrigger reads of a Node; everything else is dropped before it is stored. */
export interface NodeView {
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  /** Being deleted, or gone from the cloud's point of view: gets nothing new. */
  readonly deleting: boolean;
  readonly ready: 'True' | 'False' | 'Unknown';
  /** When `ready` last changed, ms since the epoch. */
  readonly readySince: number;
  readonly allocatable: Readonly<Record<string, string>>;
  /** Ms since the epoch. */
  readonly createdAt: number;
  /** No part of the Node: what the operator saw of it, added for a decision. */
  readonly noticed?: Noticed;
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

interface RawNode extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] };
  readonly status?: {
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime?: string;
    }[];
  };
}

/** Total: a Node with missing parts is a Node that is not Ready. */
export function nodeView(raw: KubeObject): NodeView {
  const node = raw as RawNode;
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
  const createdAt = time(node.metadata.creationTimestamp) ?? 0;
  return {
    name: node.metadata.name,
    uid: node.metadata.uid ?? '',
    labels: node.metadata.labels ?? {},
    taints: (node.spec?.taints ?? []).map(({ key, value, effect }) =>
      value === undefined ? { key, effect } : { key, value, effect },
    ),
    unschedulable: node.spec?.unschedulable ?? false,
    deleting: node.metadata.deletionTimestamp !== undefined,
    ready: ready?.status === 'True' ? 'True' : ready?.status === 'False' ? 'False' : 'Unknown',
    readySince: time(ready?.lastTransitionTime) ?? createdAt,
    allocatable: node.status?.allocatable ?? {},
    createdAt,
  };
}

/** RFC 3339 to ms since the epoch; undefined where it is absent or no time. */
export function time(text: string | undefined | null): number | undefined {
  if (text === undefined || text === null) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
