import type { Clock } from '../../src/controller/clock.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { FleetAgent } from '../../src/sim/fleet/fleet-agent.ts';
import type { NodeSpec } from '../../src/sim/fleet/node-spec.ts';
import type { Write } from '../operator/write.ts';

/** What a story is played on: a cluster with the fleet of the story, and at most one operator at a time. */
export interface Ground {
  /** As a person with all rights. */
  readonly client: KubeClient;
  readonly namespace: string;
  readonly clock: Clock;
  readonly fleet: FleetAgent;
  /** Those of the scenario, under the names that they have here. */
  readonly nodes: readonly NodeSpec[];
  /** The nodes of this story and of no other. */
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** A real API server and real time, or both in the process. */
  readonly isReal: boolean;
  /** Of the invariants of the design, asked at each write of each operator. */
  readonly violations: string[];
  /** Resolves when all nodes are registered. */
  start(): Promise<void>;
  /** With nothing in its memory. */
  startOperator(): void;
  /** As SIGKILL does. */
  killOperator(): void;
  pass(seconds: number): Promise<void>;
  /** What happened until now, for an error. */
  story(): string;
  stop(): Promise<void>;
}

export interface GroundOptions {
  /** Of the scenario. */
  readonly name: string;
  readonly nodes: readonly NodeSpec[];
  /** The invariants are asked at one write in so many. */
  readonly checkEvery: number;
  /** Told each write of an operator, just before the API server gets it. */
  readonly onWrite: (write: Write) => void;
}
