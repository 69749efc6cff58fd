import type { Revision } from '../revision/revision.ts';
import type { CandidateMemory } from './memory.ts';
import type { PersonDecisions } from './person-decisions.ts';

/** Where a revision stands as a candidate. */
export type Attempt =
  /** Under way, or about to start where there is no memory yet. */
  | { readonly kind: 'Open'; readonly number: number; readonly memory: CandidateMemory | undefined }
  /** Never started again without a retry that names this attempt. */
  | { readonly kind: 'Rejected'; readonly number: number }
  /** Taken back for want of evidence (onInconclusive: Revert); rejects nothing, but waits for a retry as well. */
  | { readonly kind: 'Inconclusive'; readonly number: number };

/**
 * The rejection's home is the revision, so it holds where the memory was lost; the memory says how far an
 * attempt had come, and that a retry was begun although its annotation may be gone again.
 *
 * @param memories those of this revision
 */
export function currentAttempt(
  revision: Revision | undefined,
  memories: readonly CandidateMemory[],
  decisions: PersonDecisions,
  hash: string,
): Attempt {
  const rejected = Math.max(
    0,
    ...(revision?.rejected ?? []).filter(({ cohort }) => cohort === '*').map(({ attempt }) => attempt),
  );
  const last = memories.toSorted((a, b) => a.attempt - b.attempt).at(-1);
  const number = Math.max(last?.attempt ?? 0, rejected);
  if (number === 0) return { kind: 'Open', number: 1, memory: undefined };

  const how = rejected === number ? 'Rejected' : last?.ended?.how;
  switch (how) {
    case undefined:
      return { kind: 'Open', number, memory: last };
    case 'Rejected':
      return decisions.retries(hash, number)
        ? { kind: 'Open', number: number + 1, memory: undefined }
        : { kind: 'Rejected', number };
    case 'Inconclusive':
      return decisions.retries(hash, number)
        ? { kind: 'Open', number: number + 1, memory: undefined }
        : { kind: 'Inconclusive', number };
    case 'Superseded':
    case 'Promoted':
      return { kind: 'Open', number: number + 1, memory: undefined };
  }
}

/**
 * Cohorts that rejected the revision on their own (failureScope: Cohort) and were not retried since. A retry starts the
 * next attempt: while the others are still under way in this one it waits for them, for the windows and waves of this
 * attempt are those in which the cohort failed.
 */
export function rejectedCohorts(
  revision: Revision | undefined,
  attempt: Attempt,
  decisions: PersonDecisions,
  hash: string,
): ReadonlySet<string> {
  const underWay = attempt.kind === 'Open' && attempt.memory !== undefined ? attempt.number : undefined;
  const retried = (number: number) =>
    underWay === undefined ? decisions.retries(hash, number) : underWay > number;
  return new Set(
    (revision?.rejected ?? [])
      .filter(({ cohort, attempt: number }) => cohort !== '*' && !retried(number))
      .map(({ cohort }) => cohort),
  );
}
