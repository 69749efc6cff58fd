/**
 * A kubelet renews its Lease each quarter of the Lease's duration, which is 40 s, with a jitter of 4 %
 * (nodeLeaseRenewIntervalFraction in k8s.io/kubernetes/pkg/kubelet, JitterUntil in
 * k8s.io/component-helpers/apimachinery/lease): with whole seconds on both sides of the subtraction, 12 s.
 */
const OVERDUE = 0.3;

/** Two renewals have been missed and the third is late: 25 s of 40. A single one that was lost on the way is no sign. */
const SILENT = 0.625;

/**
 * The node controller takes Ready away 40 to 50 s after the last sign of any kind. A node that is Ready for so long
 * with a Lease that nobody renews gives its signs in another way, as some virtual kubelets do.
 */
const ABANDONED_MS = 10 * 60_000;

/** How long one that is not there, or may not be read, is taken for so. */
const ABSENT_MS = 10 * 60_000;

const AGAIN_FROM_MS = 5_000;
/** Within what counts as silent: two readings that differ are then proof enough of life. */
const AGAIN_TO_MS = 20_000;

/** What one GET of a node's Lease said. */
export interface LeaseRead {
  /** By the clock of the node, which may be off by hours: it is compared, and never reckoned with. */
  readonly renewTime: string;
  readonly durationMs: number;
  /** How long ago the last renewal reached the API server, by the API server's clock alone, ms; undefined where it does not say. */
  readonly age: number | undefined;
}

/** What is known of a node by its Lease. Times in ms, by the operator's clock. */
export type LeaseReading =
  | {
      readonly kind: 'Read';
      readonly askedAt: number;
      readonly renewTime: string;
      readonly durationMs: number;
      /** When this renewTime was read first: the renewal cannot be newer. */
      readonly firstReadAt: number;
      /** Undefined: nothing says when it was renewed last. */
      readonly renewedAt: number | undefined;
      /** Readings in a row that were no proof of life. */
      readonly tries: number;
    }
  /** There is none, it may not be read, or nobody renews it: the node's conditions alone tell. */
  | { readonly kind: 'Absent'; readonly askedAt: number }
  /** The API server did not answer. */
  | { readonly kind: 'Unanswered'; readonly askedAt: number; readonly tries: number };

/**
 * The next reading. No time of the node's clock is reckoned with: the age is the API server's own, a Lease that
 * differs from the one before was renewed since, and one that does not was not. The last two hold also where several
 * API servers disagree about the time.
 */
export function nextReading(before: LeaseReading | undefined, read: LeaseRead, now: number): LeaseReading {
  const last = before?.kind === 'Read' ? before : undefined;
  const same = last?.renewTime === read.renewTime ? last : undefined;
  const changedSince = last !== undefined && same === undefined ? last.askedAt : Number.NEGATIVE_INFINITY;
  const firstReadAt = same?.firstReadAt ?? now;
  const byAge = read.age === undefined ? undefined : now - Math.max(0, read.age);
  const renewedAt =
    same?.renewedAt ??
    (byAge === undefined && !Number.isFinite(changedSince)
      ? undefined
      : Math.min(firstReadAt, Math.max(changedSince, byAge ?? Number.NEGATIVE_INFINITY)));
  const reading = {
    kind: 'Read',
    askedAt: now,
    renewTime: read.renewTime,
    durationMs: read.durationMs,
    firstReadAt,
    renewedAt,
    tries: 0,
  } as const;
  if (now - (renewedAt ?? firstReadAt) >= ABANDONED_MS) return { kind: 'Absent', askedAt: now };
  return isAlive(reading, now) ? reading : { ...reading, tries: triesOf(before) + 1 };
}

export function unanswered(before: LeaseReading | undefined, now: number): LeaseReading {
  return { kind: 'Unanswered', askedAt: now, tries: triesOf(before) + 1 };
}

/** Whether the reading, as old as it is now, lets the node be disturbed. */
export function mayDisturb(reading: LeaseReading, now: number): boolean {
  switch (reading.kind) {
    case 'Read':
      return isAlive(reading, now);
    case 'Absent':
      return now < askAgainAt(reading);
    case 'Unanswered':
      return false;
  }
}

/** Since when (ms) the node was silent when it was last asked for; undefined where it was not, or may not have been. */
export function silentSince(reading: LeaseReading | undefined): number | undefined {
  if (reading?.kind !== 'Read') return undefined;
  const since = reading.renewedAt ?? reading.firstReadAt;
  return reading.askedAt - since >= SILENT * reading.durationMs ? since : undefined;
}

/** Before that it is not asked for again, ms. */
export function askAgainAt(reading: LeaseReading): number {
  if (reading.kind === 'Absent') return reading.askedAt + ABSENT_MS;
  // One that was alive is asked for whenever that is not proof any more.
  if (reading.tries === 0) return reading.askedAt;
  return reading.askedAt + Math.min(AGAIN_TO_MS, AGAIN_FROM_MS * 2 ** (reading.tries - 1));
}

function isAlive(
  { renewedAt, durationMs }: Pick<Extract<LeaseReading, { kind: 'Read' }>, 'renewedAt' | 'durationMs'>,
  now: number,
): boolean {
  return renewedAt !== undefined && now - renewedAt <= OVERDUE * durationMs;
}

function triesOf(before: LeaseReading | undefined): number {
  return before === undefined || before.kind === 'Absent' ? 0 : before.tries;
}
