import type { Log } from '../controller/ports/log.ts';
import { decide } from '../core/decide.ts';
import { KubeClient } from '../kube/client.ts';
import { createOperator } from '../operator/create-operator.ts';
import type { Operator } from '../operator/create-operator.ts';
import { PrometheusEvidenceSource } from '../prometheus/evidence-source.ts';
import { createSimulation } from '../sim/fleet/simulation.ts';
import type { Simulation, SimulationOptions } from '../sim/fleet/simulation.ts';
import { random } from '../sim/inference/random.ts';

/** The address at which the simulated Prometheus is reached; no network is involved. */
export const SIMULATED_PROMETHEUS = 'http://prometheus.simulated:9090';

export interface SimulatedOperator {
  readonly simulation: Simulation;
  readonly operator: Operator;
  /** Runs the operator until it is stopped. */
  readonly running: Promise<void>;
  /** Kills the operator without a goodbye and starts another one, as after SIGKILL. */
  stop(): Promise<void>;
}

/** The operator's own code, unchanged, over a cluster in the process and its virtual clock. */
export async function startSimulatedOperator(
  options: SimulationOptions & { readonly log: Log },
): Promise<SimulatedOperator> {
  const simulation = createSimulation(options);
  await simulation.start();
  const operator = operatorOver(simulation, options.seed, options.log);
  const running = operator.start();
  return {
    simulation,
    operator,
    running,
    async stop() {
      await operator.stop();
      await running;
      await simulation.stop();
    },
  };
}

/** One more operator over the same cluster, with nothing in its memory. */
export function operatorOver(simulation: Simulation, seed: number, log: Log, name = 'operator'): Operator {
  const { clock, apiServer, prometheus } = simulation;
  const { uniform } = random(`${seed}/${name}`);
  return createOperator({
    client: new KubeClient(apiServer, { fieldManager: 'outrigger', clock, random: uniform }),
    clock,
    metrics: new PrometheusEvidenceSource(prometheus.exchange),
    random: uniform,
    log,
    settings: { pauseImage: 'registry.example/pause:3.10', prometheusAddress: SIMULATED_PROMETHEUS },
    decide,
    identity: name,
  });
}
