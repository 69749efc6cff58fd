import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { EdgeRollout } from '../../src/api/edge-rollout.ts';
import { DECISION } from '../../src/api/names.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { type Lab, NAMESPACE, startLab } from '../operator/harness.ts';
import { model, NAME, rollout } from '../operator/manifests.ts';
import { describeReal } from '../setup/describe-real.ts';
import { DECISIONS } from './argocd-customizations.ts';
import { actionsOf, patchOf } from './argocd-lua.ts';

const WAVES = [
  { name: 'canary', nodes: 1, soak: '20s' },
  { name: 'half', nodes: '50%', soak: '20s', approval: 'Required' },
  { name: 'all', nodes: '100%' },
] as const;
const JUDGED = {
  resolution: '10s',
  warmup: '10s',
  metrics: [
    {
      name: 'errors',
      ratio: { bad: 'model_requests_total{code=~"5.."}', total: 'model_requests_total' },
      maxIncrease: { absolute: '5%' },
      max: '15%',
      minRequestsPerNode: 10,
    },
  ],
} as const;

describeReal("actions in Argo CD's own Lua VM", () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await startLab();
  });

  afterEach(() => lab.stop());

  async function installed(spec: Parameters<typeof rollout>[0]): Promise<void> {
    await lab.apply(rollout(spec));
    await lab.apply(model());
    await lab.untilReady('1.0.0');
  }

  async function read(): Promise<EdgeRollout> {
    return { ...(await lab.rollout()), apiVersion: 'outrigger.dev/v1alpha1', kind: 'EdgeRollout' };
  }

  async function offered(): Promise<readonly string[]> {
    const [actions = []] = await actionsOf([await read()]);
    return actions;
  }

  /** As Argo CD's API server does it: the script's object against the one that was read, as a merge patch. */
  async function act(name: (typeof DECISIONS)[number]): Promise<string> {
    const patch = await patchOf(await read(), name);
    expect(patch).toEqual({ metadata: { annotations: { [DECISION[name]]: expect.any(String) } } });
    await lab.client.mergePatch(RESOURCES.edgeRollouts, NAMESPACE, NAME, patch);
    return patch.metadata.annotations?.[DECISION[name]] ?? '';
  }

  it('approve lets the wave begin that waits, and is offered only while it does', async () => {
    await installed({ waves: [...WAVES] });
    expect(await offered()).toEqual([]);
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilPhase('Soaking');
    expect(await offered()).toEqual(['abort', 'promote']);
    await lab.untilPhase('AwaitingApproval');
    expect(await offered()).toEqual(['abort', 'approve']);
    const { candidate } = (await lab.rollout()).status ?? {};
    expect(await act('approve')).toBe(`${candidate?.revision}.1/half`);
    await lab.until('the next wave', async () => (await lab.rollout()).status?.wave?.name === 'half', 30);
    expect(await offered()).toEqual(['abort']);
    await lab.untilReady('1.1.0');
    expect(await offered()).toEqual([]);
  });

  it('approve names the wave of the attempt also where the spec has other waves by now', async () => {
    await installed({ waves: [...WAVES] });
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilPhase('AwaitingApproval');
    await lab.apply(rollout({ waves: [{ name: 'other', nodes: '100%', approval: 'Required' }] }));
    await lab.run(5);
    expect(await act('approve')).toMatch(/\.1\/half$/);
    await lab.untilReady('1.1.0');
  });

  it('promote stands in for a missing Pass, and is not offered over a Fail', async () => {
    lab.simulation.prometheus.fault = { kind: 'empty' };
    const waves = [
      { name: 'canary', nodes: 1, soak: '20s' },
      { name: 'all', nodes: '100%' },
    ] as const;
    await installed({ waves: [...waves], analysis: JUDGED });
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilReason('NoData');
    expect(await offered()).toEqual(['abort', 'promote']);
    await act('promote');
    await lab.untilReady('1.1.0');
    expect((await lab.events()).map(({ reason }) => reason)).toContain('PromotedByPerson');

    lab.simulation.prometheus.fault = { kind: 'none' };
    await lab.apply(rollout({ waves: [...waves], analysis: JUDGED, onFailure: 'Pause' }));
    await lab.apply(model({ version: '1.2.0', acts: { 'crash-after': '1s' } }));
    await lab.untilPhase('Paused');
    expect(await offered()).toEqual(['abort']);
    await expect(patchOf(await read(), 'promote')).rejects.toThrow(
      'there is nothing to promote now; see status.message of the rollout',
    );
  });

  it('promote stands in for a metric that no wave measured', async () => {
    const waves = [
      { name: 'canary', nodes: 1, soak: '0s' },
      { name: 'all', nodes: '100%' },
    ] as const;
    await installed({ waves: [...waves], analysis: JUDGED });
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilReason('NoEvidence');
    expect(await offered()).toEqual(['abort', 'promote']);
    expect(await act('promote')).toMatch(/\.1\/all$/);
    await lab.untilReady('1.1.0');
  });

  it('abort goes back to stable, and retry starts the next attempt', async () => {
    await installed({ waves: [...WAVES] });
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilPhase('Soaking');
    await act('abort');
    await lab.untilPhase('RolledBack');
    await lab.until('all serve stable', async () => (await lab.versions())['1.0.0'] === 12, 60);
    expect(await offered()).toEqual(['retry']);
    expect(await act('retry')).toMatch(/\.1$/);
    await lab.untilPhase('Soaking');
    expect((await lab.rollout()).status?.candidate).toMatchObject({ version: '1.1.0', attempt: 2 });
    // The abort is still there and speaks of the first attempt.
    expect((await lab.rollout()).metadata.annotations?.[DECISION.abort]).toMatch(/\.1$/);
    await act('abort');
    await lab.untilPhase('RolledBack');
    expect((await lab.rollout()).status?.rejected?.map(({ attempt }) => attempt)).toEqual([2, 1]);
  });

  it('retry starts what was taken back for want of evidence', async () => {
    lab.simulation.prometheus.fault = { kind: 'empty' };
    await installed({ analysis: JUDGED, onInconclusive: 'Revert', inconclusiveAfter: '1m' });
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilReason('Inconclusive');
    expect(await offered()).toEqual(['retry']);
    await lab.until('all serve stable', async () => (await lab.versions())['1.0.0'] === 12, 60);
    lab.simulation.prometheus.fault = { kind: 'none' };
    await lab.apply(rollout({ analysis: JUDGED }));
    await act('retry');
    await lab.untilReady('1.1.0');
  });

  it('retry starts the cohort that went back alone', async () => {
    await installed({ failureScope: 'Cohort' });
    await lab.apply(model({ version: '1.1.0', variantActs: { cpu: { 'crash-after': '1s' } } }));
    await lab.until('the other cohort is promoted', async () => {
      const versions = await lab.versions();
      return versions['1.1.0'] === 6 && versions['1.0.0'] === 6;
    });
    await lab.untilPhase('RolledBack');
    expect(await offered()).toEqual(['retry']);
    await act('retry');
    const { wave } = (await lab.rollout()).status ?? {};
    expect(wave).toBeUndefined();
    await lab.until(
      'the cohort tries again',
      async () => (await lab.rollout()).status?.candidate?.attempt === 2,
      60,
    );
    expect((await lab.rollout()).status?.wave?.name).toBe('canary');
  });

  describe('that is not offered', () => {
    it.each(DECISIONS)('%s says so, and changes nothing', async (name) => {
      await installed({});
      await expect(patchOf(await read(), name)).rejects.toThrow(`there is nothing to ${name} now`);
    });

    it('is none, whatever the status is', async () => {
      const statuses = [
        undefined,
        null,
        'text',
        [],
        {},
        { candidate: 'x', wave: 3, conditions: [null, 'x'] },
      ];
      const odd = [
        ...statuses,
        { phase: 'RolledBack', rejected: [null], conditions: [{ type: 'Stalled', status: 'True' }] },
        { phase: 'Soaking', candidate: { revision: 7, attempt: {} } },
      ];
      const objects = odd.map((status) => ({
        apiVersion: 'outrigger.dev/v1alpha1',
        kind: 'EdgeRollout',
        metadata: { name: NAME },
        status,
      }));
      expect(await actionsOf(objects)).toEqual(objects.map(() => []));
    });
  });
});
