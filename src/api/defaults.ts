/**
 * What holds where a manifest is silent. The values are applied in code and not by the CRD, so that the revision hash,
 * which is of what people wrote, does not change when an upgrade brings another default.
 *
 * Durations of the judge (warmup, history, the soak of a wave, queryDelay) are given for a resolution of one minute and
 * scale with it: a quick start with a resolution of 5s soaks for minutes where a factory soaks for hours.
 */
export const ROLLOUT_DEFAULTS = {
  firstRevision: 'Immediate',
  revert: 'Immediate',
  onFailure: 'Rollback',
  failureScope: 'Fleet',
  onInconclusive: 'Hold',
  inconclusiveAfter: '24h',
  timeZone: 'UTC',
  limits: {
    maxUnavailable: '10%',
    maxPrefetching: 5,
    minReachable: '80%',
    progressDeadline: '30m',
    failureThreshold: '20%',
    minFailedNodes: 2,
    holdback: '10%',
  },
  analysis: {
    falseRollbackRate: '1%',
    method: 'Auto',
    groupBy: 'pod',
    resolution: '1m',
    warmup: '5m',
    history: '24h',
    /** Of a wave that says none, except the last, behind which nothing waits. */
    soak: '30m',
  },
  prometheus: { timeout: '10s', queryDelay: '30s' },
  metric: { minRequestsPerNode: 100, queryFor: '10m' },
  /** Margins of the metrics that a preset stands for. */
  preset: { errors: { relative: '50%', absolute: '0.2%' }, time: { relative: '15%' } },
  waves: [
    { name: 'canary', nodes: 1, soak: '1h' },
    { name: 'tenth', nodes: '10%', soak: '1h' },
    { name: 'half', nodes: '50%', soak: '2h' },
    { name: 'all', nodes: '100%' },
  ],
} as const;

export const MODEL_DEFAULTS = {
  updateStrategy: 'Auto',
  updatePolicy: 'Rollout',
  deletionPolicy: 'Delete',
  revisionHistoryLimit: 5,
  binding: 'Sticky',
  service: { port: 80, type: 'ClusterIP' },
} as const;

/** At least so many nodes of a cohort keep stable until the last wave, whatever `holdback` makes of its size. */
export const MIN_HOLDBACK_NODES = 3;

/** Where the config of a revision is mounted in the model container. */
export const CONFIG_MOUNT_PATH = '/etc/model';
