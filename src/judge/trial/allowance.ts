/** How much worse is tolerated in one cohort: a share of what is expected, or so much of each request. */
export interface Allowance {
  readonly relative: number;
  readonly absolute: number;
}

export const NONE: Allowance = { relative: 0, absolute: 0 };
