import type { Clock } from '../../src/controller/clock.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { FleetAgent } from '../../src/sim/fleet/fleet-agent.ts';
import type { NodeSpec } from '../../src/sim/fleet/node-spec.ts';
import { Lab, NAMESPACE } from '../operator/harness.ts';
import type { Ground, GroundOptions } from './ground.ts';

/** The cluster in the process, on a virtual clock. */
export class DoubleGround implements Ground {
  readonly namespace = NAMESPACE;
  readonly nodeSelector = { 'site-type': 'factory' };
  readonly isReal = false;
  readonly nodes: readonly NodeSpec[];
  readonly #lab: Lab;

  constructor({ nodes, checkEvery, onWrite }: GroundOptions) {
    this.nodes = nodes;
    this.#lab = new Lab({ nodes, checkEvery, onWrite });
  }

  get client(): KubeClient {
    return this.#lab.client;
  }

  get clock(): Clock {
    return this.#lab.simulation.clock;
  }

  get fleet(): FleetAgent {
    return this.#lab.simulation.fleet;
  }

  get violations(): string[] {
    return this.#lab.invariants.violations;
  }

  start(): Promise<void> {
    return this.#lab.simulation.start();
  }

  startOperator(): void {
    this.#lab.startOperator();
  }

  killOperator(): void {
    this.#lab.kill(this.#lab.operators.at(-1));
  }

  pass(seconds: number): Promise<void> {
    return this.#lab.run(seconds);
  }

  story(): string {
    return this.#lab.story();
  }

  async stop(): Promise<void> {
    // Told by the outcome, beside everything else that the story came to.
    const told = this.violations.splice(0);
    await this.#lab.stop();
    this.violations.push(...told);
  }
}
