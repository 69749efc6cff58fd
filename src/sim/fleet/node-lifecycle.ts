import type { Clock } from '../../controller/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { RESOURCES } from '../../kube/resource.ts';
import { feed } from './feed.ts';
import {
  type Lease,
  LEASE_NAMESPACE,
  type Node,
  type NodeCondition,
  readyCondition,
  type Taint,
} from './node.ts';
import { isTerminal, type Pod } from './pod.ts';
import { timestamp } from './timestamps.ts';

export interface NodeLifecycleOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Ms without a renewed Lease after which a node counts as unreachable. */
  readonly gracePeriod?: number;
}

/** The defaults of kube-controller-manager. */
const GRACE_MS = 50_000;
const PERIOD_MS = 5_000;

const UNREACHABLE = 'node.kubernetes.io/unreachable';
const NOT_READY = 'node.kubernetes.io/not-ready';
const OWN_TAINTS: readonly string[] = [UNREACHABLE, NOT_READY];

/** Notices nodes that went silent, for the API server double: what kube-controller-manager does on a real one. */
export class NodeLifecycle {
  readonly #options: NodeLifecycleOptions;
  readonly #nodes = new Map<string, Node>();
  readonly #leases = new Map<string, Lease>();
  /** When a node last gave a sign: by the clock of whoever hears it, because a node's own may be off. */
  readonly #heardAt = new Map<string, number>();
  readonly #pods = new Map<string, Pod>();

  constructor(options: NodeLifecycleOptions) {
    this.#options = options;
  }

  async start(): Promise<{ readonly done: Promise<unknown> }> {
    const { client, clock, signal } = this.#options;
    const options = { clock, signal };
    const feeds = [
      feed<Node>(client, RESOURCES.nodes, this.#listening(this.#nodes, beatOf), options),
      feed<Lease>(client, RESOURCES.leases, this.#listening(this.#leases, renewalOf), {
        ...options,
        namespace: LEASE_NAMESPACE,
      }),
      feed<Pod>(client, RESOURCES.pods, into(this.#pods), options),
    ];
    await Promise.all(feeds.map((each) => each.ready));
    return { done: Promise.all([...feeds.map((each) => each.done), this.#run()]) };
  }

  async #run(): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      // What an API server did not take is tried again in the next round.
      for (const node of this.#nodes.values()) await this.#check(node).catch(() => {});
      await this.#collectOrphans().catch(() => {});
      await clock.sleep(PERIOD_MS, signal).catch(() => {});
    }
  }

  async #check(node: Node): Promise<void> {
    const { clock, gracePeriod = GRACE_MS } = this.#options;
    const silent = clock.now() - (this.#heardAt.get(node.metadata.name) ?? 0) > gracePeriod;
    const ready = readyCondition(node);
    if (silent && ready?.status !== 'Unknown') await this.#markUnknown(node);
    const status = silent ? 'Unknown' : (ready?.status ?? 'Unknown');
    await this.#taint(node, status);
    if (status !== 'True') await this.#markPodsNotReady(node);
  }

  /** Keeps the objects, and when each of them last bore another sign of life than before. */
  #listening<T extends Node | Lease>(objects: Map<string, T>, sign: (object: T) => string | undefined) {
    const { set, gone } = into(objects);
    return {
      set: (object: T): void => {
        const { name } = object.metadata;
        const known = objects.get(name);
        if (known === undefined || sign(known) !== sign(object))
          this.#heardAt.set(name, this.#options.clock.now());
        set(object);
      },
      gone,
    };
  }

  async #markUnknown(node: Node): Promise<void> {
    const now = timestamp(this.#options.clock.now());
    const types = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'];
    const conditions = types.map((type): NodeCondition => {
      const before = node.status?.conditions?.find((condition) => condition.type === type);
      return {
        type,
        status: 'Unknown',
        reason: before === undefined ? 'NodeStatusNeverUpdated' : 'NodeStatusUnknown',
        message:
          before === undefined ? 'Kubelet never posted node status.' : 'Kubelet stopped posting node status.',
        lastHeartbeatTime: before?.lastHeartbeatTime ?? now,
        lastTransitionTime: before?.status === 'Unknown' ? before.lastTransitionTime : now,
      };
    });
    const patch = { status: { conditions } };
    await this.#options.client.mergePatch(RESOURCES.nodes, undefined, node.metadata.name, patch, {
      subresource: 'status',
    });
  }

  async #taint(node: Node, ready: NodeCondition['status']): Promise<void> {
    const taints = node.spec?.taints ?? [];
    const key = ready === 'True' ? undefined : ready === 'Unknown' ? UNREACHABLE : NOT_READY;
    const wanted =
      key === undefined
        ? []
        : ([
            { key, effect: 'NoSchedule' },
            { key, effect: 'NoExecute' },
          ] as const);
    const own = taints.filter((taint) => OWN_TAINTS.includes(taint.key));
    const same =
      own.length === wanted.length && wanted.every((taint) => own.some((each) => sameTaint(each, taint)));
    if (same) return;
    const timeAdded = timestamp(this.#options.clock.now());
    const others = taints.filter((taint) => !OWN_TAINTS.includes(taint.key));
    const patch = {
      metadata: { resourceVersion: node.metadata.resourceVersion },
      spec: { taints: [...others, ...wanted.map((taint) => ({ ...taint, timeAdded }))] },
    };
    await this.#options.client.mergePatch(RESOURCES.nodes, undefined, node.metadata.name, patch);
  }

  async #markPodsNotReady(node: Node): Promise<void> {
    for (const pod of this.#pods.values()) {
      const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready');
      if (pod.spec.nodeName !== node.metadata.name || ready?.status !== 'True') continue;
      const lastTransitionTime = timestamp(this.#options.clock.now());
      const conditions = pod.status?.conditions?.map((condition) =>
        condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime } : condition,
      );
      const { name, namespace, resourceVersion } = pod.metadata;
      const patch = { metadata: { resourceVersion }, status: { conditions } };
      await this.#options.client.mergePatch(RESOURCES.pods, namespace, name, patch, {
        subresource: 'status',
      });
    }
  }

  /** Pods of nodes that no longer exist: nobody else will ever end them. */
  async #collectOrphans(): Promise<void> {
    for (const pod of this.#pods.values()) {
      const { nodeName } = pod.spec;
      if (nodeName === undefined || this.#nodes.has(nodeName) || isTerminal(pod)) continue;
      const { name, namespace, uid } = pod.metadata;
      await this.#options.client.delete(RESOURCES.pods, namespace, name, {
        gracePeriodSeconds: 0,
        ...(uid !== undefined && { uid }),
      });
    }
  }
}

function beatOf(node: Node): string | undefined {
  return readyCondition(node)?.lastHeartbeatTime;
}

function renewalOf(lease: Lease): string | undefined {
  return lease.spec?.renewTime;
}

function into<T extends Node | Lease | Pod>(objects: Map<string, T>) {
  // Leases and nodes are looked up by name; pods are only walked over.
  const key = (object: T): string =>
    object.kind === 'Pod' ? (object.metadata.uid ?? '') : object.metadata.name;
  return {
    set: (object: T): void => void objects.set(key(object), object),
    gone: (object: T): void => void objects.delete(key(object)),
  };
}

function sameTaint(a: Pick<Taint, 'key' | 'effect'>, b: Pick<Taint, 'key' | 'effect'>): boolean {
  return a.key === b.key && a.effect === b.effect;
}
