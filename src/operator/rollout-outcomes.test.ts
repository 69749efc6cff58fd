import { describe, expect, it } from 'vitest';
import type { PromotedBy, RejectedMark, Revision } from '../core/revision/revision.ts';
import { revisionOutcomes } from './rollout-outcomes.ts';

const AT = '2026-01-01T00:00:00Z';

type Marks = Pick<Revision, 'promoted' | 'rejected'>;

function revision(parts: Partial<Marks> = {}): Marks {
  return { promoted: undefined, rejected: [], ...parts };
}

function promotedBy(by: PromotedBy, order = 1, complete = true): Marks {
  const cohorts = { orin: { order, at: AT, by } };
  return revision({ promoted: { cohorts, ...(complete && { complete: { order, at: AT } }) } });
}

function rejected(...marks: readonly Partial<RejectedMark>[]): Marks {
  const whole = { attempt: 1, cohort: '*', at: AT, reason: 'BoundBroken', message: 'no' };
  return revision({ rejected: marks.map((mark) => ({ ...whole, ...mark })) });
}

describe('what became of a revision', () => {
  it.each([
    ['Judge', 'Promoted'],
    ['PromotedByPerson', 'PromotedByPerson'],
    ['FirstRevision', 'PromotedFirst'],
    ['Revert', 'Reverted'],
    ['Rolling', 'PromotedByReadiness'],
  ] as const)('promoted by %s counts as %s, once', (by, outcome) => {
    const after = promotedBy(by);
    expect(revisionOutcomes(revision(), after)).toEqual([outcome]);
    expect(revisionOutcomes(after, after)).toEqual([]);
  });

  it('is nothing while a cohort is left open', () => {
    expect(revisionOutcomes(revision(), promotedBy('Judge', 1, false))).toEqual([]);
  });

  it('is another promotion where it comes back later', () => {
    expect(revisionOutcomes(promotedBy('Judge', 1), promotedBy('Revert', 3))).toEqual(['Reverted']);
  });

  it('tells a rollback of all from one of a cohort and from an abort', () => {
    expect(revisionOutcomes(revision(), rejected({}))).toEqual(['RolledBack']);
    expect(revisionOutcomes(revision(), rejected({ cohort: 'orin' }))).toEqual(['RolledBackInCohort']);
    expect(revisionOutcomes(revision(), rejected({ reason: 'AbortedByPerson' }))).toEqual([
      'AbortedByPerson',
    ]);
    expect(revisionOutcomes(rejected({}), rejected({}, { attempt: 2 }))).toEqual(['RolledBack']);
  });

  it('is unknown of what cannot be read', () => {
    expect(revisionOutcomes(undefined, rejected({}))).toEqual([]);
    expect(revisionOutcomes(rejected({}), undefined)).toEqual([]);
  });
});
