/** What happened on one node, and how much of it was to be expected there. */
export interface NodeCounts {
  readonly observed: number;
  readonly expected: number;
}
