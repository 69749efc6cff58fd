import { describe, expect, it } from 'vitest';
import { memoryOf, rejectedAt, revisionOf } from '../fixtures/memory.ts';
import { currentAttempt, rejectedCohorts } from './attempt.ts';
import { judgeFailures } from './failure-budget.ts';
import type { CandidateMemory } from './memory.ts';
import { personDecisions } from './person-decisions.ts';

const NOBODY = personDecisions(undefined);
const retry = (value: string) => personDecisions({ 'outrigger.dev/retry': value });
const ended = (attempt: number, how: NonNullable<CandidateMemory['ended']>['how']) =>
  memoryOf({ attempt, ended: { at: '', how } });

describe('the attempt of a revision', () => {
  const rejected = revisionOf({ rejected: [rejectedAt(1)] });
  it.each([
    { name: 'new', memories: [], is: 'Open 1' },
    { name: 'under way', memories: [memoryOf()], is: 'Open 1 remembered' },
    { name: 'rejected', revision: rejected, memories: [ended(1, 'Rejected')], is: 'Rejected 1' },
    {
      name: 'rejected, and the memory does not say so yet',
      revision: rejected,
      memories: [memoryOf()],
      is: 'Rejected 1',
    },
    { name: 'rejected, and the memory is lost', revision: rejected, memories: [], is: 'Rejected 1' },
    {
      name: 'rejected and retried',
      revision: rejected,
      memories: [ended(1, 'Rejected')],
      decisions: retry('rev-b.1'),
      is: 'Open 2',
    },
    {
      name: 'a retry of another attempt',
      revision: rejected,
      memories: [ended(1, 'Rejected')],
      decisions: retry('rev-b.2'),
      is: 'Rejected 1',
    },
    {
      name: 'a retry of another revision',
      revision: rejected,
      memories: [ended(1, 'Rejected')],
      decisions: retry('rev-a.1'),
      is: 'Rejected 1',
    },
    {
      name: 'a retry under way, its annotation gone again',
      revision: rejected,
      memories: [ended(1, 'Rejected'), memoryOf({ attempt: 2 })],
      is: 'Open 2 remembered',
    },
    {
      name: 'rejected twice',
      revision: revisionOf({ rejected: [rejectedAt(1), rejectedAt(2)] }),
      memories: [],
      decisions: retry('rev-b.1'),
      is: 'Rejected 2',
    },
    {
      name: 'rejected in one cohort only',
      revision: revisionOf({ rejected: [rejectedAt(1, 'gpu')] }),
      memories: [memoryOf()],
      is: 'Open 1 remembered',
    },
    { name: 'superseded', memories: [ended(1, 'Superseded')], is: 'Open 2' },
    { name: 'promoted', memories: [ended(1, 'Promoted')], is: 'Open 2' },
    { name: 'inconclusive', memories: [ended(1, 'Inconclusive')], is: 'Inconclusive 1' },
    {
      name: 'inconclusive and retried',
      memories: [ended(1, 'Inconclusive')],
      decisions: retry(' rev-b.1 '),
      is: 'Open 2',
    },
  ])('$name: $is', ({ revision, memories, decisions = NOBODY, is }) => {
    const found = currentAttempt(revision, memories, decisions, 'rev-b');
    const remembered = found.kind === 'Open' && found.memory !== undefined ? ' remembered' : '';
    expect(`${found.kind} ${found.number}${remembered}`).toBe(is);
  });

  it.each([
    { name: 'one that went back alone stays out', decisions: NOBODY, out: ['gpu'] },
    { name: 'until its attempt is retried', decisions: retry('rev-b.1'), out: [] },
    { name: 'and no other', decisions: retry('rev-b.2'), out: ['gpu'] },
  ])('$name', ({ decisions, out }) => {
    const revision = revisionOf({ rejected: [rejectedAt(1, 'gpu')] });
    const attempt = currentAttempt(revision, [], decisions, 'rev-b');
    expect([...rejectedCohorts(revision, attempt, decisions, 'rev-b')]).toEqual(out);
  });
});

describe('the failure budget', () => {
  it.each([
    [0, 10, 'Within'],
    [1, 10, 'Within'],
    [2, 10, 'Exceeded'],
    [1, 5, 'Holds'],
    [1, 2, 'Holds'],
    [1, 1, 'Exceeded'],
    [0, 0, 'Within'],
    [19, 100, 'Within'],
    [20, 100, 'Exceeded'],
  ] as const)('%s of %s nodes failed: %s', (failed, size, is) => {
    expect(judgeFailures(failed, size, { failureThreshold: 0.2, minFailedNodes: 2 })).toBe(is);
  });

  it('blames no revision for the one node of ten that can be reached', () => {
    const budget = { failureThreshold: 0.2, minFailedNodes: 2 };
    expect(judgeFailures(1, 1, budget, 10)).toBe('Holds');
    expect(judgeFailures(2, 2, budget, 10)).toBe('Exceeded');
  });
});
