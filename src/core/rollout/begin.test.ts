import { expect, it } from 'vitest';
import { withDefaults } from '../../api/rollout-settings.ts';
import type { Surveyed } from '../fleet/survey.ts';
import { modelOf, nodeOf, podOf, rolloutOf } from '../fixtures/objects.ts';
import { revisionContent } from '../revision/revision.ts';
import { beginCandidate } from './begin.ts';

const content = revisionContent(modelOf().spec);
const [variant] = content.variants;

function surveyed(name: string, runs: string, stable = 'rev-a'): Surveyed {
  if (variant === undefined) throw new Error('the model has no variant');
  const place = (revision: string) => ({ revision, content, variant, cohort: 'cpu' });
  return {
    node: nodeOf(name),
    reachable: true,
    setAside: undefined,
    current: place('rev-c'),
    fit: { fits: true, variant, refusals: [] },
    stable: place(stable),
    tried: undefined,
    pods: [podOf({ name: `pod-${name}`, node: name, role: 'serve', revision: runs })],
  };
}

it('whoever runs another candidate, or this one from an attempt before, goes first; who only lags does not', () => {
  const rollout = rolloutOf();
  const eligible = [
    surveyed('stable', 'rev-a'),
    surveyed('lags', 'rev-0'),
    surveyed('tried', 'rev-b'),
    // Promoted in another cohort, rejected in this one, and still on its way back.
    surveyed('returns', 'rev-c'),
  ];
  const { disturbed } = beginCandidate({
    hash: 'rev-c',
    attempt: 2,
    version: '2.0.0',
    survey: { eligible, leaving: [], cohorts: new Map([['cpu', eligible]]), mismatched: [] },
    rolloutName: rollout.metadata.name,
    settings: withDefaults(rollout.spec),
    queries: new Map(),
    prometheusAddress: undefined,
    entropy: 'seed',
    promoted: new Set(['rev-0', 'rev-a', 'rev-c']),
    now: 0,
  });
  expect(disturbed).toEqual(['tried', 'returns']);
});
