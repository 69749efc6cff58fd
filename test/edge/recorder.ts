import type { Clock } from '../../src/controller/clock.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { LABEL } from '../../src/api/names.ts';
import { feed } from '../../src/sim/fleet/feed.ts';
import type { ImageRegistry } from '../../src/sim/fleet/image-store.ts';
import type { Node } from '../../src/sim/fleet/node.ts';
import type { Pod } from '../../src/sim/fleet/pod.ts';
import { isReady, modelPod, type ModelPod } from '../operator/state.ts';
import type { Write } from '../operator/write.ts';
import { type ServiceGap, ServiceLedger } from './service-ledger.ts';

/** A pod that Outrigger deleted. */
export interface Disturbance {
  /** Ms since the epoch. */
  readonly at: number;
  readonly node: string;
  readonly role: string;
  readonly version: string;
  /** It served when it was deleted. */
  readonly served: boolean;
  readonly nodeReady: boolean;
}

/** A pod that was started on a node: the way that the node went. */
export interface Start {
  readonly at: number;
  readonly node: string;
  readonly role: string;
  readonly version: string;
}

export interface RecorderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly registry: ImageRegistry;
  readonly namespace: string;
  /** A label selector: the nodes of this story. */
  readonly nodes: string;
  /** Whose nodes are looked at; pulls are counted over all models of the namespace. */
  readonly model: string;
}

/**
 * Watches nodes and pods on the API server, so that nothing between two moments is missed, and writes down what was
 * disturbed, where service was missing and for whose sake, and how many nodes fetched at once. Speaks of one model.
 */
export class Recorder {
  readonly disturbances: Disturbance[] = [];
  readonly starts: Start[] = [];
  readonly #options: RecorderOptions;
  readonly #ledger = new ServiceLedger();
  readonly #nodes = new Map<string, Node>();
  readonly #crashes = new Map<string, number>();
  readonly #podsOf = new Map<string, Map<string, ModelPod>>();
  /** By uid: the pods that Outrigger asked to be deleted. */
  readonly #deleted = new Set<string>();
  /** By uid: pods whose images are on their way, of any model. */
  readonly #pulling = new Set<string>();
  readonly #over = new AbortController();
  /** Counted by the state of the pods, over all models. */
  mostPulling = 0;
  /** The models that ever pulled. */
  readonly pulledBy = new Set<string>();
  #done: Promise<unknown> = Promise.resolve();
  #last = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#last = options.clock.now();
  }

  async start(): Promise<void> {
    const { client, clock, namespace, registry, nodes: labelSelector } = this.#options;
    registry.mostTransfers = registry.transfers;
    const options = { clock, signal: this.#over.signal };
    const nodes = feed<Node>(
      client,
      RESOURCES.nodes,
      {
        set: (node) => this.#setNode(node),
        gone: ({ metadata }) => {
          this.#nodes.delete(metadata.name);
          this.#look(metadata.name);
        },
      },
      { ...options, labelSelector },
    );
    const pods = feed<Pod>(
      client,
      RESOURCES.pods,
      { set: (pod) => this.#setPod(pod), gone: (pod) => this.#podGone(pod) },
      { ...options, namespace },
    );
    this.#done = Promise.all([nodes.done, pods.done]);
    await Promise.all([nodes.ready, pods.ready]);
  }

  /** A write of an operator, just before the API server gets it. */
  wrote({ method, resource, name, at }: Write): void {
    if (method !== 'DELETE' || resource !== 'pods') return;
    const pod = [...this.#podsOf.values()]
      .flatMap((pods) => [...pods.values()])
      .find((each) => each.name === name);
    if (pod === undefined || pod.deleting) return;
    this.#deleted.add(pod.uid);
    const { node, role, version } = pod;
    const nodeReady = isReady(this.#nodes.get(node));
    this.disturbances.push({
      at,
      node,
      role,
      version,
      served: role === 'serve' && pod.ready,
      nodeReady,
    });
  }

  /** The node goes dark now; the API server will hear of it later. */
  struck(node: string): void {
    this.#ledger.fault(node, this.#options.clock.now());
  }

  get mostFetching(): number {
    return this.#options.registry.mostTransfers;
  }

  get mostOut(): ServiceLedger['mostOut'] {
    return this.#ledger.mostOut;
  }

  /** To be called again changes nothing. */
  async stop(): Promise<readonly ServiceGap[]> {
    if (this.#over.signal.aborted) return this.#ledger.gaps;
    const now = this.#options.clock.now();
    this.#ledger.count();
    this.#ledger.end(now);
    this.#over.abort();
    await this.#done;
    return this.#ledger.gaps;
  }

  #setNode(node: Node): void {
    const before = this.#nodes.get(node.metadata.name);
    this.#nodes.set(node.metadata.name, node);
    if (isReady(before) !== isReady(node)) this.#look(node.metadata.name);
  }

  #setPod(pod: Pod): void {
    const { uid: id = '', labels } = pod.metadata;
    if (labels?.[LABEL.model] === undefined) return;
    if (isPulling(pod)) {
      this.#pulling.add(id);
      this.pulledBy.add(labels[LABEL.model] ?? '');
    } else {
      this.#pulling.delete(id);
    }
    this.mostPulling = Math.max(this.mostPulling, this.#pulling.size);
    if (labels[LABEL.model] !== this.#options.model) return;
    const view = modelPod(pod);
    const { uid, node, role, version } = view;
    const now = this.#options.clock.now();
    const mine = this.#podsOf.get(node) ?? new Map<string, ModelPod>();
    this.#podsOf.set(node, mine);
    if (!mine.has(uid)) this.starts.push({ at: now, node, role, version });
    mine.set(uid, view);
    const crashes = crashesOf(pod);
    const before = this.#crashes.get(uid) ?? 0;
    this.#crashes.set(uid, crashes);
    this.#look(node);
    // A pod that is being deleted ends because of that.
    if (crashes > before && !view.deleting) this.#ledger.fault(node, now);
  }

  #podGone(pod: Pod): void {
    const { uid, node } = modelPod(pod);
    this.#pulling.delete(uid);
    if (this.#podsOf.get(node)?.delete(uid) === true) this.#look(node, this.#deleted.has(uid));
  }

  #look(name: string, byOutrigger = false): void {
    const now = this.#options.clock.now();
    if (now > this.#last) {
      this.#ledger.count();
      this.#last = now;
    }
    const pods = [...(this.#podsOf.get(name)?.values() ?? [])].filter(({ role }) => role === 'serve');
    this.#ledger.see(name, now, {
      nodeReady: isReady(this.#nodes.get(name)),
      serving: pods.some(({ ready, deleting }) => ready && !deleting),
      byOutrigger: byOutrigger || pods.some(({ deleting, uid }) => deleting && this.#deleted.has(uid)),
    });
  }
}

/**
 * By what the pod itself says: nothing of it ran yet, and the last try to pull did not fail. Pods that nobody has bound
 * yet are among them, for their pull is about to begin.
 */
export function isPulling({ metadata, status }: Pod): boolean {
  const begun = (status?.containerStatuses ?? []).some(
    ({ state, lastState }) =>
      state.running !== undefined ||
      state.terminated !== undefined ||
      lastState?.terminated !== undefined ||
      ['ErrImagePull', 'ImagePullBackOff'].includes(state.waiting?.reason ?? ''),
  );
  return metadata.deletionTimestamp === undefined && !begun;
}

/** How often a container of the pod has ended, or could not be started. */
function crashesOf(pod: Pod): number {
  const statuses = pod.status?.containerStatuses ?? [];
  const ended = pod.status?.phase === 'Failed' ? 1 : 0;
  return statuses.reduce(
    (sum, { restartCount, state }) => sum + restartCount + (state.terminated === undefined ? 0 : 1),
    ended,
  );
}
