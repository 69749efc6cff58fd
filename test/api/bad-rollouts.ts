import type { BadManifest } from './bad-manifests.ts';
import { rollout } from './manifests.ts';

const LAST = { name: 'all', nodes: '100%' };

export const BAD_ROLLOUTS: readonly BadManifest[] = [
  {
    name: 'no model',
    manifest: rollout({ modelRef: undefined }),
    path: 'spec.modelRef',
    sentence: 'Required value',
  },
  {
    name: 'a model that no model can be called',
    manifest: rollout({ modelRef: { name: 'Defect_Detector' } }),
    path: 'spec.modelRef.name',
    sentence: 'must be at most 52 lower-case letters',
  },
  {
    name: 'a name with a dot',
    manifest: rollout({}, 'defect.detector'),
    path: 'metadata.name',
    sentence: 'must be at most 52 lower-case letters',
  },
  {
    name: 'empty waves',
    manifest: rollout({ waves: [] }),
    path: 'spec.waves',
    sentence: 'waves is empty',
  },
  {
    name: 'two waves of one name',
    manifest: rollout({ waves: [{ name: 'all', nodes: 1 }, LAST] }),
    path: 'spec.waves[1]',
    sentence: 'Duplicate value',
  },
  {
    name: 'a wave without a size',
    manifest: rollout({ waves: [{ name: 'canary' }, LAST] }),
    path: 'spec.waves[0].nodes',
    sentence: 'Required value',
  },
  {
    name: 'a wave of no node',
    manifest: rollout({ waves: [{ name: 'canary', nodes: 0 }, LAST] }),
    path: 'spec.waves[0].nodes',
    sentence: 'must be a count of at least 1 or a whole percent',
  },
  {
    name: 'a wave of more than everything',
    manifest: rollout({ waves: [{ name: 'canary', nodes: '150%' }, LAST] }),
    path: 'spec.waves[0].nodes',
    sentence: 'must be a count of at least 1 or a whole percent',
  },
  {
    name: 'a wave in words',
    manifest: rollout({ waves: [{ name: 'canary', nodes: 'a few' }, LAST] }),
    path: 'spec.waves[0].nodes',
    sentence: 'must be a count of at least 1 or a whole percent',
  },
  {
    name: 'a count after a percent',
    manifest: rollout({ waves: [{ name: 'tenth', nodes: '10%' }, { name: 'some', nodes: 30 }, LAST] }),
    path: 'spec.waves',
    sentence: 'waves that count nodes come before those in percent',
  },
  {
    name: 'counts that fall',
    manifest: rollout({ waves: [{ name: 'a', nodes: 5 }, { name: 'b', nodes: 3 }, LAST] }),
    path: 'spec.waves',
    sentence: 'no wave may be smaller than the one before it',
  },
  {
    name: 'percents that fall',
    manifest: rollout({ waves: [{ name: 'a', nodes: '50%' }, { name: 'b', nodes: '9%' }, LAST] }),
    path: 'spec.waves',
    sentence: 'no wave may be smaller than the one before it',
  },
  {
    name: 'waves that leave some nodes behind',
    manifest: rollout({
      waves: [
        { name: 'canary', nodes: 3 },
        { name: 'half', nodes: '50%' },
      ],
    }),
    path: 'spec.waves',
    sentence: 'the last wave must have nodes: 100%',
  },
  {
    name: 'a soak in days',
    manifest: rollout({ waves: [{ name: 'canary', nodes: 1, soak: '1d' }, LAST] }),
    path: 'spec.waves[0].soak',
    sentence: 'must be a duration of hours, minutes and seconds',
  },
  {
    name: 'a soak without a unit',
    manifest: rollout({ waves: [{ name: 'canary', nodes: 1, soak: '3600' }, LAST] }),
    path: 'spec.waves[0].soak',
    sentence: 'must be a duration of hours, minutes and seconds',
  },
  {
    name: 'an approval that is no word of ours',
    manifest: rollout({ waves: [{ name: 'all', nodes: '100%', approval: 'yes' }] }),
    path: 'spec.waves[0].approval',
    sentence: 'supported values: "Required"',
  },
  {
    name: 'a canary selector that selects everything',
    manifest: rollout({ canary: { nodeSelector: {} } }),
    path: 'spec.canary.nodeSelector',
    sentence: 'must name at least one label',
  },
  {
    name: 'cohorts by something that is no label',
    manifest: rollout({ cohorts: { by: ['the region'] } }),
    path: 'spec.cohorts.by[0]',
    sentence: 'must be the key of a node label',
  },
  {
    name: 'cohorts by five labels',
    manifest: rollout({ cohorts: { by: ['a', 'b', 'c', 'd', 'e'] } }),
    path: 'spec.cohorts.by',
    sentence: 'must have at most 4 items',
  },
  {
    name: 'maxUnavailable of nothing',
    manifest: rollout({ limits: { maxUnavailable: '0%' } }),
    path: 'spec.limits.maxUnavailable',
    sentence: 'must be a count of at least 1 or a whole percent',
  },
  {
    name: 'minReachable beyond everything',
    manifest: rollout({ limits: { minReachable: '120%' } }),
    path: 'spec.limits.minReachable',
    sentence: 'must be a percent from 0% to 100%',
  },
  {
    name: 'minFailedNodes of nothing',
    manifest: rollout({ limits: { minFailedNodes: 0 } }),
    path: 'spec.limits.minFailedNodes',
    sentence: 'greater than or equal to 1',
  },
  {
    name: 'a failure threshold as a float',
    manifest: rollout({ limits: { failureThreshold: 0.2 } }),
    path: 'spec.limits.failureThreshold',
    sentence: 'must be of type string',
  },
  {
    name: 'a Prometheus address without a scheme',
    manifest: rollout({ prometheus: { address: 'prometheus:9090' } }),
    path: 'spec.prometheus.address',
    sentence: 'must be an http:// or https:// address',
  },
  {
    name: 'a password in the address',
    manifest: rollout({ prometheus: { address: 'https://me:secret@prometheus.example' } }),
    path: 'spec.prometheus.address',
    sentence: 'without credentials',
  },
  {
    name: 'a query that may take for hours',
    manifest: rollout({ prometheus: { timeout: '2h' } }),
    path: 'spec.prometheus.timeout',
    sentence: 'must be between 1s and 1m',
  },
  {
    name: 'a token in a header',
    manifest: rollout({ prometheus: { headers: { Authorization: 'Bearer x' } } }),
    path: 'spec.prometheus.headers',
    sentence: 'put them into a Secret',
  },
  {
    name: 'a matcher that is no Prometheus label',
    manifest: rollout({ prometheus: { matchLabels: { 'edge-site': 'x' } } }),
    path: 'spec.prometheus.matchLabels',
    sentence: 'must be the name of a Prometheus label',
  },
  {
    name: 'a promotion without evidence',
    manifest: rollout({ onInconclusive: 'Promote' }),
    path: 'spec.onInconclusive',
    sentence: 'supported values: "Hold", "Revert"',
  },
  {
    name: 'paused as a word',
    manifest: rollout({ paused: 'yes' }),
    path: 'spec.paused',
    sentence: 'must be of type boolean',
  },
  {
    name: 'a misspelt limit',
    manifest: rollout({ limits: { maxUnavailabel: '10%' } }),
    path: 'spec.limits.maxUnavailabel',
    sentence: 'unknown field',
  },
];
