import type { Clock } from '../../controller/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { RESOURCES } from '../../kube/resource.ts';
import type { Gate } from './gate.ts';
import { type Lease, LEASE_NAMESPACE, type Node, type NodeStatus } from './node.ts';
import { differs, registration } from './node-object.ts';
import type { NodeSpec } from './node-spec.ts';
import { microTime } from './timestamps.ts';

/** As real kubelets: the Lease every 10 s, the Node's status when it changes and every 5 minutes. */
const LEASE_MS = 10_000;
const STATUS_MS = 300_000;
const LEASE_SECONDS = 40;

export interface HeartbeatOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly spec: NodeSpec;
  readonly online: Gate;
  /** Ms by which this node's beats are behind those of others. */
  readonly offset: number;
  /** By the node's own clock, ms. */
  localTime(): number;
  /** The Node as last seen. */
  shown(): Node | undefined;
  status(): NodeStatus;
  written(node: Node): void;
}

/** A node's signs of life. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #lastStatusAt = -Infinity;
  #leased = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Creates the Node where there is none; else gives it the labels that it has to have. Then its first status. */
  async register(): Promise<void> {
    const { client, spec, written } = this.#options;
    const node = registration(spec);
    try {
      written(await client.create<Node>(RESOURCES.nodes, undefined, node));
    } catch (error) {
      if (!isApiError(error, 'alreadyExists')) throw error;
      const patch = { metadata: { labels: spec.labels } };
      written(await client.mergePatch<Node>(RESOURCES.nodes, undefined, spec.name, patch));
    }
    await this.#writeStatus();
    await this.#renewLease();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, online, offset } = this.#options;
    await clock.sleep(offset, signal);
    while (!signal.aborted) {
      await online.wait(signal);
      // An API server that is away is no reason to stop; the next beat tries again.
      await this.beat().catch(() => {});
      await clock.sleep(LEASE_MS, signal);
    }
  }

  /** Renews the Lease, and writes the status where it changed or is old. */
  async beat(): Promise<void> {
    await this.#renewLease();
    const { clock, shown, status } = this.#options;
    const old = clock.now() - this.#lastStatusAt >= STATUS_MS;
    if (old || differs(shown()?.status, status())) await this.#writeStatus();
  }

  async #writeStatus(): Promise<void> {
    const { client, spec, status, written, clock } = this.#options;
    const patch = { status: status() };
    written(
      await client.mergePatch<Node>(RESOURCES.nodes, undefined, spec.name, patch, { subresource: 'status' }),
    );
    this.#lastStatusAt = clock.now();
  }

  async #renewLease(): Promise<void> {
    const { client, localTime, spec, shown } = this.#options;
    const renewTime = microTime(localTime());
    if (this.#leased) {
      try {
        const patch = { spec: { renewTime } };
        await client.mergePatch<Lease>(RESOURCES.leases, LEASE_NAMESPACE, spec.name, patch);
        return;
      } catch (error) {
        if (!isApiError(error, 'notFound')) throw error;
      }
    }
    const uid = shown()?.metadata.uid;
    const owner = { apiVersion: 'v1', kind: 'Node', name: spec.name, uid: uid ?? '' };
    const lease: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: spec.name,
        namespace: LEASE_NAMESPACE,
        ...(uid !== undefined && { ownerReferences: [owner] }),
      },
      spec: { holderIdentity: spec.name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
    };
    try {
      await client.create<Lease>(RESOURCES.leases, LEASE_NAMESPACE, lease);
    } catch (error) {
      if (!isApiError(error, 'alreadyExists')) throw error;
      const patch = { spec: { holderIdentity: spec.name, renewTime } };
      await client.mergePatch<Lease>(RESOURCES.leases, LEASE_NAMESPACE, spec.name, patch);
    }
    this.#leased = true;
  }
}
