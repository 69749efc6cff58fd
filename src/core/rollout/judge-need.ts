import type { Metric } from '../../api/metric.ts';
import type { PrometheusSpec } from '../../api/prometheus.ts';
import type { TrialMemory, WaveDesign } from '../../judge/trial/session.ts';
import type { LookResult } from '../../judge/trial/trial-verdict.ts';
import type { UndecidedReason } from '../../judge/verdict.ts';
import type { JudgedNode } from './judged-nodes.ts';
import type { Packed } from './packed-numbers.ts';

/** One look of the sequential judge at one wave: the shell fetches the samples and runs the judge over them. */
export interface JudgeNeed {
  readonly kind: 'Judge';
  /** Unlike for every trial of every wave and number of steps: one look is taken once. */
  readonly key: string;
  /** The rollout; it has one candidate at a time. */
  readonly owner: string;
  /** The candidate, its attempt and the trial: with another one all samples are fetched anew. */
  readonly subject: string;
  readonly design: WaveDesign;
  readonly nodes: readonly JudgedNode[];
  /** The metrics of the design, in its order, and the cohorts in which each is measured. */
  readonly metrics: readonly { readonly metric: Metric; readonly cohorts: readonly string[] }[];
  /** Begin of the window, ms since the epoch. */
  readonly from: number;
  /** Width of a step, ms. */
  readonly resolutionMs: number;
  /** How many steps of the window are looked at. */
  readonly minute: number;
  /** When the first node was changed, ms since the epoch: what a node did before is its past. */
  readonly historyEnd: number;
  /** How much of the past is looked at, ms. */
  readonly historyMs: number;
  readonly groupBy: 'pod' | 'node';
  readonly memory: TrialMemory;
  /** What the first look froze; undefined at the first look. */
  readonly baselines: Packed | undefined;
  /** As the rollout says; what it leaves open (the address too) is the operator's. */
  readonly prometheus: PrometheusSpec | undefined;
  readonly namespace: string;
}

export type JudgeAnswer =
  | ({ readonly kind: 'Looked'; readonly baselines: Packed } & LookResult)
  /** No look was taken. */
  | { readonly kind: 'Unavailable'; readonly reason: UndecidedReason; readonly message: string };

/** What the shell notes of a look that it took at a time. */
export function takenLook(
  { key, subject, minute, design }: JudgeNeed,
  answer: JudgeAnswer,
  at: number,
): TakenLook {
  return { key, subject, minute, at, whole: design.memoryWhole, answer };
}

/** A look that the shell took. */
export interface TakenLook {
  /** Of the need. */
  readonly key: string;
  readonly subject: string;
  readonly minute: number;
  /** When the answer was there, ms since the epoch. */
  readonly at: number;
  /** Its `design.memoryWhole`. */
  readonly whole: boolean;
  readonly answer: JudgeAnswer;
}
