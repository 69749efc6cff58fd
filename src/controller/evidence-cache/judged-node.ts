/** A node whose samples are asked for. */
export interface JudgedNode {
  readonly node: string;
  readonly cohort: string;
  readonly candidate: boolean;
  /** Value of the groupBy label of its pod of now. */
  readonly key: string;
  /** The value that it had before the switch; with groupBy node the same. */
  readonly historyKey: string;
}
