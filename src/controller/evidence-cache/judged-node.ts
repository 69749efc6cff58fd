/** A node whose samples are asked for. */
export interface JudgedNode {
  readonly node: string;
  readonly cohort: string;
  readonly candidate: boolean;
  /** Value of the groupBy label of the pod that it has in the window, which runs what its arm is to run. */
  readonly key: string;
  /** The value that it had before the switch; with groupBy node the same. */
  readonly historyKey: string;
}
