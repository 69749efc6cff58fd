import { describe, expect, it } from 'vitest';

import type { Condition } from '../../src/api/condition.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { condition, startLab } from '../operator/harness.ts';
import { describeReal } from '../setup/describe-real.ts';
import { HEALTH, healthOf, type Health, type HealthStatus } from './argocd-lua.ts';
import { Recorder, type Seen } from './health-recorder.ts';
import { STORIES } from './health-stories.ts';

/** Each status that the stories bring about, by the health that it is to have. */
const EXPECTED: Readonly<Record<HealthStatus, readonly string[]>> = {
  Healthy: [
    'EdgeModel Ready Promoted Ready',
    'EdgeModel Ready Promoted Ready lagging',
    'EdgeRollout Promoted Promoted Ready',
    'EdgeRollout Promoted Promoted Ready lagging',
  ],
  Suspended: [
    'EdgeModel AwaitingApproval ApprovalRequired',
    'EdgeModel Inconclusive Inconclusive',
    'EdgeModel Paused Crashing',
    'EdgeModel Paused HarmBeyondMargin',
    'EdgeModel Paused Paused',
    'EdgeRollout AwaitingApproval ApprovalRequired Asking',
    'EdgeRollout Holding Inconclusive',
    'EdgeRollout Paused Paused Paused',
  ],
  Degraded: [
    'EdgeModel PodRefused PodRefused Stalled Refused',
    'EdgeModel Rejected AbortedByPerson Stalled',
    'EdgeModel Rejected Crashing Stalled',
    'EdgeModel Rejected HarmBeyondMargin Stalled',
    'EdgeModel Rejected RejectedInCohort Stalled',
    'EdgeModel StableUnknown StableUnknown Stalled',
    'EdgeRollout Conflict Conflict Stalled',
    'EdgeRollout Holding PodRefused Stalled',
    'EdgeRollout Holding QueryInvalid Refused',
    'EdgeRollout Holding TooManyCohorts Refused',
    'EdgeRollout Paused Crashing Harm Paused',
    'EdgeRollout Paused HarmBeyondMargin Harm Paused',
    'EdgeModel Rejected NodesDark Stalled lagging',
    'EdgeRollout RolledBack NodesDark Stalled Harm lagging',
    'EdgeRollout RolledBack AbortedByPerson Stalled Harm',
    'EdgeRollout RolledBack Crashing Stalled Harm',
    'EdgeRollout RolledBack HarmBeyondMargin Stalled Harm',
    'EdgeRollout RolledBack RejectedInCohort Stalled',
    'EdgeRollout RollingBack AbortedByPerson Stalled Harm',
    'EdgeRollout RollingBack Crashing Stalled Harm',
    'EdgeRollout RollingBack HarmBeyondMargin Stalled Harm',
  ],
  Progressing: [
    'EdgeModel FetchFailing FetchFailing',
    'EdgeModel HarmNotProven HarmNotProven',
    'EdgeModel HarmNotRuledOut HarmNotRuledOut',
    'EdgeModel Soaking NodesSuspect',
    'EdgeRollout Holding HarmNotProven',
    'EdgeRollout Holding HarmNotRuledOut',
    'EdgeRollout Soaking NodesSuspect',
    'EdgeModel NoCandidateData NoCandidateData',
    'EdgeModel NoData NoData',
    'EdgeModel NoEvidence NoEvidence',
    'EdgeModel NoNodes NoNodes',
    'EdgeModel NoRollout NoRollout',
    'EdgeModel NoVariantFits NoVariantFits',
    'EdgeModel NodesOffline NodesOffline',
    'EdgeModel PodNotTried PodNotTried',
    'EdgeModel Progressing Starting',
    'EdgeModel Progressing Updating',
    'EdgeModel PrometheusUnreachable PrometheusUnreachable',
    'EdgeModel QueryInvalid QueryInvalid',
    'EdgeModel Soaking Soaking',
    'EdgeModel Starting Starting',
    'EdgeModel TooManyCohorts TooManyCohorts',
    'EdgeModel changed',
    'EdgeModel deleting',
    'EdgeModel new',
    'EdgeRollout Holding FetchFailing',
    'EdgeRollout Holding NoCandidateData',
    'EdgeRollout Holding NoData',
    'EdgeRollout Holding NoEvidence',
    'EdgeRollout Holding NoNodes',
    'EdgeRollout Holding NoVariantFits',
    'EdgeRollout Holding NodesOffline',
    'EdgeRollout Holding PodNotTried',
    'EdgeRollout Holding PrometheusUnreachable',
    'EdgeRollout Holding Starting',
    'EdgeRollout Pending ModelNotFound Stalled',
    'EdgeRollout Progressing Starting',
    'EdgeRollout Progressing Updating',
    'EdgeRollout Reverting Updating',
    'EdgeRollout Soaking Soaking',
    'EdgeRollout changed',
    'EdgeRollout deleting',
    'EdgeRollout new',
  ],
};

/** Over within a second or two, or what one look at the metrics finds and another does not: they may be missed. */
const PASSING = / (new|changed|\w+ Starting|RollingBack .*|Harm\w+ HarmNot\w+|Holding HarmNot\w+)$/;

const seen = new Map<string, Seen>();

describeReal("health in Argo CD's own Lua VM", () => {
  describe('of the statuses of', () => {
    it.each(STORIES)(
      '$name',
      async ({ nodes, tell }) => {
        const lab = await startLab(nodes === undefined ? {} : { nodes });
        const recorder = new Recorder(lab);
        try {
          await tell(recorder);
        } finally {
          await lab.stop();
        }
        for (const [what, each] of recorder.seen) if (!seen.has(what)) seen.set(what, each);
        expect(recorder.seen.size).toBeGreaterThan(2);
      },
      120_000,
    );
  });

  it('is what the table says, for each status of both kinds', async () => {
    const all = [...seen.values()];
    const health = await healthOf(all.map(({ object }) => object));
    const found = all.map(({ what }, index) => `${what} -> ${health[index]?.status}`);
    const expected = HEALTH.flatMap((status) => EXPECTED[status].map((what) => ({ what, status })));
    const said = ({ what, status }: (typeof expected)[number]): string => `${what} -> ${status}`;
    expect(found.filter((each) => !expected.map(said).includes(each))).toEqual([]);
    const lasting = expected.filter(({ what }) => !PASSING.test(what)).map(said);
    expect(lasting.filter((each) => !found.includes(each))).toEqual([]);
  });

  it.each(['EdgeModel', 'EdgeRollout'])('of an %s comes in all four kinds', async (kind) => {
    const objects = [...seen.values()].map(({ object }) => object).filter((each) => each.kind === kind);
    const health = await healthOf(objects);
    expect(new Set(health.map(({ status }) => status))).toEqual(new Set(HEALTH));
  });

  it('says what the object says of itself', async () => {
    const all = [...seen.values()].filter(({ what }) => !/ (new|changed|deleting)$/.test(what));
    const health = await healthOf(all.map(({ object }) => object));
    expect(health.map((each, index) => [all[index]?.what, each.message])).toEqual(
      all.map(({ what, object }) => [what, ownWords(object)]),
    );
    expect(all.map(({ object }) => ownWords(object))).not.toContain('');
  });

  it('is Degraded for a stored object that does not fit its schema', async () => {
    const conditions = [
      { type: 'Ready', status: 'False', reason: 'Invalid', message: 'spec.waves: too few' },
      { type: 'Reconciling', status: 'False', reason: 'Invalid', message: 'spec.waves: too few' },
      { type: 'Stalled', status: 'True', reason: 'Invalid', message: 'spec.waves: too few' },
      { type: 'Accepted', status: 'False', reason: 'Invalid', message: 'spec.waves: too few' },
    ];
    const status = { observedGeneration: 1, conditions };
    const health = await healthOf([of('EdgeModel', status), of('EdgeRollout', status)]);
    expect(health).toEqual([degraded('spec.waves: too few'), degraded('spec.waves: too few')]);
  });

  it('survives whatever it is given', async () => {
    const objects = ['EdgeModel', 'EdgeRollout'].flatMap((kind) =>
      ODD_STATUSES.flatMap((status) => [
        of(kind, status),
        { ...of(kind, status), metadata: null as never },
        { ...of(kind, status), metadata: { name: 'odd', generation: 'two' as never } },
      ]),
    );
    const health = await healthOf(objects);
    expect(new Set(health.map(({ status }) => status))).toEqual(
      new Set(['Progressing', 'Degraded', 'Healthy']),
    );
    expect(health.filter(({ message }) => message === '')).toEqual([]);
  });

  it('of a phase and a reason that a later version may bring is Progressing, in its own words', async () => {
    const conditions = [
      { type: 'Ready', status: 'False', reason: 'Levitating', message: 'the nodes float' },
      { type: 'Reconciling', status: 'True', reason: 'Levitating', message: 'the nodes float' },
      { type: 'Stalled', status: 'False', reason: 'Levitating', message: 'the nodes float' },
    ];
    const status = { observedGeneration: 1, phase: 'Levitating', conditions };
    const health = await healthOf([of('EdgeModel', status), of('EdgeRollout', status)]);
    const expected: Health = { status: 'Progressing', message: 'the nodes float' };
    expect(health).toEqual([expected, expected]);
  });
});

const degraded = (message: string): Health => ({ status: 'Degraded', message });

function of(kind: string, status: unknown): KubeObject {
  return {
    apiVersion: 'outrigger.dev/v1alpha1',
    kind,
    metadata: { name: 'odd', namespace: 'default', generation: 1 },
    status,
  } as KubeObject;
}

/** What only a broken operator, or a person with an editor, writes. */
const ODD_STATUSES: readonly unknown[] = [
  undefined,
  null,
  {},
  [],
  'text',
  7,
  true,
  { conditions: null },
  { conditions: 'none', observedGeneration: 1 },
  { conditions: {}, observedGeneration: 1 },
  { conditions: [null, 'text', 3, {}, []], observedGeneration: 1 },
  { conditions: [{ type: 'Ready' }], observedGeneration: 1 },
  { conditions: [{ type: 'Ready', status: 'False' }], observedGeneration: 1 },
  { conditions: [{ type: 'Ready', status: true, reason: 3, message: {} }], observedGeneration: 1 },
  { conditions: [{ type: 'Ready', status: 'True' }], observedGeneration: 1 },
  { conditions: [{ type: 'Ready', status: 'True' }], observedGeneration: 'x' },
  {
    conditions: [
      { type: 'Stalled', status: 'True' },
      { type: 'Ready', status: 'False' },
    ],
    observedGeneration: 1,
  },
  { phase: {}, message: [], observedGeneration: 1, conditions: [{ type: 'Ready', status: 'False' }] },
];

function ownWords(object: KubeObject): string {
  const { status } = object as {
    readonly status?: { readonly message?: string; readonly conditions?: readonly Condition[] };
  };
  return status?.message ?? condition(status?.conditions, 'Ready')?.message ?? '';
}
