import { LABEL } from '../../api/names.ts';
import type { Clock } from '../../controller/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { RESOURCES } from '../../kube/resource.ts';
import { Environment, type RequestRates } from '../inference/environment.ts';
import type { Target } from '../prometheus/target.ts';
import { feed } from './feed.ts';
import { ImageRegistry } from './image-store.ts';
import type { Node } from './node.ts';
import { NodeAgent } from './node-agent.ts';
import type { NodeSpec } from './node-spec.ts';
import { isTerminal, type Pod } from './pod.ts';
import { isServingPod } from './serving-processes.ts';

export interface FleetOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly nodes: readonly NodeSpec[];
  readonly seed: string;
  readonly requestRates?: RequestRates;
  /** Where a cluster has several fleets, each need not hear of the others' nodes and pods. All unless given. */
  readonly hears?: { readonly nodes: string; readonly namespace: string } | undefined;
  /** Told a line for each notable thing. */
  readonly note?: (line: string) => void;
}

/** All simulated nodes of one process: one watch of pods and one of nodes serve every kubelet. */
export class FleetAgent {
  readonly registry = new ImageRegistry();
  readonly #options: FleetOptions;
  readonly #agents: ReadonlyMap<string, NodeAgent>;
  readonly #pods = new Map<string, Pod>();

  constructor(options: FleetOptions) {
    this.#options = options;
    const { client, clock, seed, requestRates, note = () => {} } = options;
    const { registry } = this;
    const environment = new Environment(seed, clock.now(), requestRates);
    this.#agents = new Map(
      options.nodes.map((spec, index) => [
        spec.name,
        new NodeAgent(spec, { client, clock, registry, environment, seed, index, note }),
      ]),
    );
  }

  get agents(): readonly NodeAgent[] {
    return [...this.#agents.values()];
  }

  /** Errors: throws when the fleet has no such node. */
  node(name: string): NodeAgent {
    const agent = this.#agents.get(name);
    if (agent === undefined) throw new Error(`the fleet has no node ${name}`);
    return agent;
  }

  has(name: string): boolean {
    return this.#agents.has(name);
  }

  /** Registers the nodes and resolves when all of them are up. What goes on then ends with the signal; `done` says when. */
  async start(signal: AbortSignal): Promise<{ readonly done: Promise<unknown> }> {
    const { client, clock, hears } = this.#options;
    // A few at a time: a real API server limits how many requests one client has in flight.
    const waiting = [...this.#agents.values()];
    const registrars = Array.from({ length: 8 }, async () => {
      for (let agent = waiting.shift(); agent !== undefined; agent = waiting.shift()) await agent.register();
    });
    await Promise.all(registrars);
    const nodes = feed<Node>(
      client,
      RESOURCES.nodes,
      { set: (node) => this.#agents.get(node.metadata.name)?.observeNode(node), gone: () => {} },
      { clock, signal, labelSelector: hears?.nodes },
    );
    await nodes.ready;
    const pods = feed<Pod>(
      client,
      RESOURCES.pods,
      { set: (pod) => this.#setPod(pod), gone: (pod) => this.#podGone(pod) },
      { clock, signal, namespace: hears?.namespace },
    );
    await pods.ready;
    const running = [...this.#agents.values()].map((agent) => agent.run(signal));
    return { done: Promise.all([...running, nodes.done, pods.done]) };
  }

  /** What a PodMonitor for all models would make Prometheus scrape. */
  targets(): readonly Target[] {
    const targets: Target[] = [];
    for (const pod of this.#pods.values()) {
      const { nodeName } = pod.spec;
      if (nodeName === undefined || !this.#agents.has(nodeName) || !isServingPod(pod) || isTerminal(pod))
        continue;
      if (pod.status?.podIP === undefined) continue;
      const { name, namespace = '', labels = {} } = pod.metadata;
      targets.push({
        labels: {
          job: 'edge-models',
          instance: `${pod.status.podIP}:9090`,
          namespace,
          pod: name,
          node: nodeName,
          model: labels[LABEL.model] ?? '',
          revision: labels[LABEL.revision] ?? '',
          variant: labels[LABEL.variant] ?? '',
        },
        scrape: () => this.#agents.get(nodeName)?.metrics(namespace, name),
      });
    }
    return targets;
  }

  #setPod(pod: Pod): void {
    const { nodeName } = pod.spec;
    const agent = nodeName === undefined ? undefined : this.#agents.get(nodeName);
    if (agent === undefined) return;
    this.#pods.set(pod.metadata.uid ?? '', pod);
    agent.observePod(pod);
  }

  #podGone(pod: Pod): void {
    this.#pods.delete(pod.metadata.uid ?? '');
    const { nodeName } = pod.spec;
    if (nodeName !== undefined) this.#agents.get(nodeName)?.podGone(pod);
  }
}
