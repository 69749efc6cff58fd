import { KubeClient } from '../../kube/client.ts';
import { ApiServer } from '../api-server/api-server.ts';
import type { RequestRates } from '../inference/environment.ts';
import { random } from '../inference/random.ts';
import { PrometheusDouble } from '../prometheus/prometheus-double.ts';
import { bind } from '../scheduler/binding.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { FleetAgent } from './fleet-agent.ts';
import { NodeLifecycle } from './node-lifecycle.ts';
import type { NodeSpec } from './node-spec.ts';

export interface SimulationOptions {
  /** Everything random follows from it: the same seed is the same run. */
  readonly seed: number;
  readonly nodes: readonly NodeSpec[];
  readonly clock?: VirtualClock;
  /** Ms between two scrapes; 15 s. */
  readonly scrapeInterval?: number;
  readonly requestRates?: RequestRates;
  /** Told a line for each notable thing that a node does. */
  readonly note?: (line: string) => void;
}

/** A cluster in the process: API server, scheduler, node controller, kubelets, Prometheus, all on one clock. */
export interface Simulation {
  readonly apiServer: ApiServer;
  /** As a person with all rights; controllers make clients of their own over `apiServer`. */
  readonly client: KubeClient;
  readonly clock: VirtualClock;
  readonly fleet: FleetAgent;
  readonly prometheus: PrometheusDouble;
  /** Resolves when all nodes are registered. No virtual time passes by itself: run the clock. */
  start(): Promise<void>;
  /** Ends everything that start began, and resolves when it has ended. */
  stop(): Promise<void>;
}

export function createSimulation(options: SimulationOptions): Simulation {
  const { nodes, clock = new VirtualClock(), scrapeInterval, requestRates, note } = options;
  const seed = String(options.seed);
  const apiServer = new ApiServer(clock, { seed: options.seed });
  const clientOf = (fieldManager: string): KubeClient => {
    const { uniform } = random(`${seed}/client/${fieldManager}`);
    return new KubeClient(apiServer, { fieldManager, clock, random: uniform });
  };
  const fleet = new FleetAgent({
    client: clientOf('kubelet'),
    clock,
    nodes,
    seed,
    ...(requestRates !== undefined && { requestRates }),
    ...(note !== undefined && { note }),
  });
  const prometheus = new PrometheusDouble({
    clock,
    targets: () => fleet.targets(),
    ...(scrapeInterval !== undefined && { scrapeInterval }),
  });
  const over = new AbortController();
  const running: Promise<unknown>[] = [];

  return {
    apiServer,
    client: clientOf('person'),
    clock,
    fleet,
    prometheus,
    async start() {
      const { signal } = over;
      const scheduler = new Scheduler({
        client: clientOf('kube-scheduler'),
        clock,
        signal,
        bind: (pod, node) => bind(apiServer, pod, node),
      });
      const lifecycle = new NodeLifecycle({ client: clientOf('kube-controller-manager'), clock, signal });
      const started = [await fleet.start(signal), await scheduler.start(), await lifecycle.start()];
      running.push(...started.map((each) => each.done), prometheus.run(signal));
    },
    async stop() {
      over.abort();
      await Promise.all(running);
    },
  };
}
