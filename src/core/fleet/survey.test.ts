import { expect, it } from 'vitest';
import { contentOf, MINUTE, nodeOf, readyPod, START } from '../fixtures/objects.ts';
import type { Noticed } from '../node/noticed.ts';
import { survey } from './survey.ts';

const UNSTEADY: Noticed = { outages: 3, backAt: START, unsteadyUntil: START + 8 * MINUTE };
const SILENT: Noticed = { outages: 1, silentSince: START - MINUTE };

it.each([
  { what: 'is there', noticed: undefined, runs: 'rev-a', reachable: true },
  { what: 'comes and goes', noticed: UNSTEADY, runs: 'rev-a', reachable: false },
  // There is nothing to begin, and its wave would lose it.
  { what: 'comes and goes, with the revision', noticed: UNSTEADY, runs: 'rev-b', reachable: true },
  { what: 'is silent', noticed: SILENT, runs: 'rev-a', reachable: false },
  { what: 'is silent, with the revision', noticed: SILENT, runs: 'rev-b', reachable: false },
])('a node that $what is reachable: $reachable', ({ noticed, runs, reachable }) => {
  const { eligible } = survey(
    {
      revision: 'rev-b',
      content: contentOf('2.0.0'),
      nodeSelector: undefined,
      cohortsBy: [],
      nodes: [nodeOf('edge-1', noticed === undefined ? {} : { noticed })],
      pods: [readyPod({ node: 'edge-1', revision: runs })],
      revisions: [],
      mismatchedSince: new Map(),
    },
    START,
  );
  expect(eligible.map((each) => each.reachable)).toEqual([reachable]);
});
