import type { Disturbance, Start } from './recorder.ts';
import type { ServiceGap } from './service-ledger.ts';

/** What one node came to. */
export interface NodeEnd {
  readonly node: string;
  readonly variant: string;
  /** Of the Ready pods that serve there; more than one only in the moment of a switch. */
  readonly versions: readonly string[];
  /** Of the pods that are there, Ready or not: what a node that is away was last known to run. */
  readonly holds: readonly string[];
  readonly ready: boolean;
  /** The code of the node's entry in the exceptions of the model's status. */
  readonly reason: string | undefined;
}

/** What a scenario came to, as data: the tests and the table are made of it. */
export interface Outcome {
  readonly scenario: string;
  readonly title: string;
  readonly end: {
    /** The column STATUS of the model, and the reason of its condition Ready. */
    readonly model: string;
    readonly reason: string;
    readonly message: string;
    readonly rollout: string;
    /** Of the newest revision that is promoted everywhere. */
    readonly stable: string | undefined;
    readonly offline: number;
    readonly lagging: number;
    readonly cohorts: readonly { readonly name: string; readonly phase: string; readonly reason: string }[];
    readonly rejected: readonly { readonly version: string; readonly reason: string }[];
    readonly nodes: readonly NodeEnd[];
  };
  /** The reasons of the rollout's condition Ready since the installation, each as often as it came up anew. */
  readonly reasons: readonly string[];
  /** What the scenario itself wrote down on its way. */
  readonly notes: Readonly<Record<string, unknown>>;
  readonly disturbances: readonly Disturbance[];
  readonly starts: readonly Start[];
  readonly gaps: readonly ServiceGap[];
  /** Counted by the registry. */
  readonly mostFetching: number;
  /** Counted by the state of the pods, over all models. */
  readonly mostPulling: number;
  readonly maxPrefetching: number;
  readonly mostOut: { readonly outrigger: number; readonly any: number };
  readonly violations: readonly string[];
  /** By the clock of the ground. */
  readonly virtualSeconds: number;
}

/** Nodes from which Outrigger took a pod that served. */
export function disturbedNodes({ disturbances }: Pick<Outcome, 'disturbances'>): readonly string[] {
  return [...new Set(disturbances.flatMap(({ node, served }) => (served ? [node] : [])))].toSorted();
}

/** The longest time, ms, that a single gap of a node had by one cause. */
export function longestGap({ gaps }: Pick<Outcome, 'gaps'>, cause: 'outrigger' | 'fault'): number {
  return Math.max(0, ...gaps.map((gap) => gap[cause]));
}

/** `{ '1.0.0': 6, away: 1 }`: how many nodes serve each version now. */
export function versions({ end }: Pick<Outcome, 'end'>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { versions: served, ready } of end.nodes) {
    const version = ready ? served.join('+') || 'nothing' : 'away';
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).toSorted());
}

/** What started on a node, in its order: `prefetch 1.1.0`, `serve 1.1.0`. */
export function wayOf({ starts }: Pick<Outcome, 'starts'>, node: string): readonly string[] {
  return starts.filter((start) => start.node === node).map(({ role, version }) => `${role} ${version}`);
}
