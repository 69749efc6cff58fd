/** One hardware class of the simulated fleet. */
export interface SimulatedCohort {
  readonly name: string;
  readonly nodes: number;
  /** Candidates in all once each wave has begun; one number where there is one wave. */
  readonly candidates: number | readonly number[];
  /** Usual share of bad requests. */
  readonly errorRate: number;
  /** Usual median latency, seconds. */
  readonly medianSeconds: number;
}

/** Standard deviations of a log rate around its class, and time constants in minutes. */
export interface LogNoise {
  /** Between nodes, for good. */
  readonly node: number;
  readonly slow: number;
  readonly slowTau: number;
  /** From minute to minute; `carry` is its autocorrelation over one minute. */
  readonly minute: number;
  readonly carry: number;
  /** Shocks that the fleet shares, and those that a class shares. */
  readonly fleet: number;
  readonly fleetTau: number;
  readonly cohort: number;
  readonly cohortTau: number;
}

export interface Confidence {
  /** Usual mean, in [0, 1], and the standard deviation within requests. */
  readonly mean: number;
  readonly within: number;
  /** Standard deviations of a node's own mean: for good, slow, from minute to minute, and of the whole fleet. */
  readonly node: number;
  readonly slow: number;
  readonly minute: number;
  readonly fleet: number;
}

export interface Scores {
  readonly bins: number;
  /** Clustering: a node's histogram is Dirichlet with concentration 1/rho - 1 around the fleet's; 0 is none. */
  readonly rho: number;
  /** Slow wander of a node's scores and shared wander of all, in standard deviations of the score. */
  readonly slow: number;
  readonly fleet: number;
}

/** What of a fleet does not depend on the candidate. Chances are those of one node in one minute. */
export interface FleetModel {
  readonly cohorts: readonly SimulatedCohort[];
  readonly historyMinutes: number;
  /** Length of one wave's soak. */
  readonly horizonMinutes: number;
  /** Requests a second of a node, log-uniform between these. */
  readonly rps: readonly [number, number];
  /** Standard deviations of the log of the traffic: shared by all (60 minutes) and the node's own (20 minutes). */
  readonly traffic: readonly [shared: number, own: number];
  readonly errors: LogNoise;
  readonly latency: LogNoise;
  /** Standard deviation of the log latency within requests. */
  readonly latencyWithin: number;
  readonly bounds: readonly number[];
  readonly bursts: {
    readonly chance: number;
    readonly minutes: number;
    readonly errors: number;
    readonly latency: number;
  };
  /** The node is out of reach for 1 + Exp(minutes) minutes; its samples arrive when it is back. */
  readonly outages: { readonly chance: number; readonly minutes: number };
  /** Chance that a sample is lost for good. */
  readonly lost: number;
  /** Scale of the t3 shift of each node's log error rate when the first wave begins. */
  readonly shift: number;
  readonly confidence: Confidence;
  readonly scores: Scores;
}

/** What the candidate changes, on candidates from `onset` minutes after their switch. */
export interface Effect {
  readonly errors: number;
  readonly latency: number;
  /** Only in these cohorts; all unless told. */
  readonly cohorts?: readonly string[] | undefined;
  /** Minutes after the switch. */
  readonly onset: number;
  /** Outages start so many times as often. */
  readonly outages: number;
  /** Chance that a sample is lost for good, beside that of the fleet. */
  readonly lost: number;
  /** Share of the candidates that go dark for good at the onset. */
  readonly dark: number;
  /** Added to the mean confidence. */
  readonly confidence: number;
  /** Added to the scores, in standard deviations. */
  readonly scores: number;
  /** One candidate bursts once: its errors times a factor for some minutes. */
  readonly burst?: { readonly from: number; readonly minutes: number; readonly errors: number } | undefined;
}

export const NO_EFFECT: Effect = {
  errors: 1,
  latency: 1,
  onset: 0,
  outages: 1,
  lost: 0,
  dark: 0,
  confidence: 0,
  scores: 0,
};

/** Three classes as measured fleets have them: many small nodes, fewer of the slow ones. */
export const EDGE_FLEET: FleetModel = {
  cohorts: [
    { name: 'small', nodes: 20, candidates: 2, errorRate: 0.004, medianSeconds: 0.018 },
    { name: 'medium', nodes: 20, candidates: 2, errorRate: 0.01, medianSeconds: 0.045 },
    { name: 'large', nodes: 10, candidates: 1, errorRate: 0.02, medianSeconds: 0.14 },
  ],
  historyMinutes: 120,
  horizonMinutes: 60,
  rps: [1, 20],
  traffic: [0.2, 0.1],
  errors: {
    node: 0.35,
    slow: 0.1,
    slowTau: 120,
    minute: 0.25,
    carry: 0.6,
    fleet: 0.2,
    fleetTau: 30,
    cohort: 0.1,
    cohortTau: 30,
  },
  latency: {
    node: 0.15,
    slow: 0.03,
    slowTau: 120,
    minute: 0.05,
    carry: 0.6,
    fleet: 0.03,
    fleetTau: 30,
    cohort: 0.02,
    cohortTau: 30,
  },
  latencyWithin: 0.45,
  bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  bursts: { chance: 0.001, minutes: 3, errors: 8, latency: 1.3 },
  outages: { chance: 1 / 180, minutes: 6 },
  lost: 0,
  shift: 0,
  confidence: { mean: 0.8, within: 0.15, node: 0.03, slow: 0.01, minute: 0.01, fleet: 0.01 },
  scores: { bins: 10, rho: 0.01, slow: 0.03, fleet: 0.05 },
};
