import { afterEach, describe, expect, it } from 'vitest';
import type { EdgeRolloutSpec } from '../../src/api/edge-rollout.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import { condition, type Lab, startLab } from './harness.ts';
import { model, NAME, rollout } from './manifests.ts';

let lab: Lab;

afterEach(() => lab.stop());

const ZONE = 'outrigger.dev/time-zone';

/** The simulation begins on 1 January 2026 at midnight in UTC. */
const at = (time: string): number => Date.parse(`2026-01-01T${time}:00Z`);

async function installed(spec: Partial<EdgeRolloutSpec>, zones: readonly string[] = []): Promise<void> {
  const nodes = edgeNodes(6, ['orin', 'x86']).map((node, index) => ({
    ...node,
    labels: { ...node.labels, ...(zones.length > 0 && { [ZONE]: zones[index % zones.length] ?? '' }) },
  }));
  lab = await startLab({ nodes });
  await lab.apply(rollout(spec));
  await lab.apply(model());
  // The first revision does not wait: nothing serves there.
  await lab.untilReady('1.0.0');
  expect(lab.now()).toBeLessThan(at('00:05'));
}

async function saysOutside(): Promise<void> {
  await lab.untilReason('OutsideWindow', NAME, 60);
  await lab.run(60);
}

describe('update windows', () => {
  it('let a wave begin when they open, and not before, whatever becomes of the operator', async () => {
    await installed({
      updateWindows: [{ schedule: '20 1 * * *', duration: '30m' }],
      timeZone: { default: 'Europe/Berlin' },
    });
    await lab.apply(model({ version: '1.1.0' }));
    await saysOutside();
    const { status } = await lab.rollout();
    expect(status).toMatchObject({
      phase: 'Holding',
      nextWindow: '2026-01-01T00:20:00.000Z',
      wave: { name: 'canary' },
    });
    expect(status?.message).toContain('(01:20 on Thursday in Europe/Berlin)');
    lab.restartOperator();
    await lab.simulation.clock.advance(at('00:19') - lab.now());
    expect(await lab.versions()).toEqual({ '1.0.0': 6 });
    // Both have fetched ahead: what replaces its pod, and what starts beside the old one.
    const { pods } = await lab.state();
    expect(pods.filter(({ version }) => version === '1.1.0').map(({ role }) => role)).toEqual([
      'prefetch',
      'prefetch',
    ]);
    expect((await lab.rollout()).status?.nodes).toMatchObject({ failed: 0 });
    // Idle while it waits: the next pass is due when the window opens.
    const writes = lab.operators.at(-1)?.tap.writes.length ?? 0;
    await lab.simulation.clock.advance(at('00:20') - 1_000 - lab.now());
    expect(lab.operators.at(-1)?.tap.writes).toHaveLength(writes);

    await lab.until('the canaries', async () => (await lab.versions())['1.1.0'] === 2, 40);
    lab.restartOperator();
    await lab.untilReady('1.1.0', NAME, 1200);
    expect((await lab.rollout()).status?.nextWindow).toBeUndefined();
    expect(lab.now()).toBeLessThan(at('00:50'));
  });

  it('are those of each node, by the time zone that its label names', async () => {
    // Kathmandu is a quarter of an hour ahead of Kolkata.
    await installed(
      {
        updateWindows: [{ schedule: '0 6 * * *', duration: '10m' }],
        timeZone: { fromNodeLabel: ZONE },
        limits: { maxUnavailable: '100%', maxPrefetching: 10 },
      },
      ['Asia.Kathmandu', 'Asia.Kolkata'],
    );
    await lab.apply(model({ version: '1.1.0', spec: { updatePolicy: 'Rolling' } }));
    await saysOutside();
    expect((await lab.rollout()).status?.nextWindow).toBe('2026-01-01T00:15:00.000Z');
    await lab.simulation.clock.advance(at('00:25') - lab.now());
    const zoneOf = new Map(
      [...(await lab.state()).nodes].map(([name, { metadata }]) => [name, metadata.labels?.[ZONE]]),
    );
    const changed = async () =>
      (await lab.serving())
        .filter(({ version, ready }) => version === '1.1.0' && ready)
        .map(({ node }) => zoneOf.get(node));
    expect(await changed()).toEqual(['Asia.Kathmandu', 'Asia.Kathmandu', 'Asia.Kathmandu']);
    await lab.until('the rest waits', async () => (await lab.rollout()).status?.nextWindow !== undefined, 5);
    expect((await lab.rollout()).status?.nextWindow).toBe('2026-01-01T00:30:00.000Z');
    await lab.simulation.clock.advance(at('00:30') - lab.now());
    await lab.untilReady('1.1.0', NAME, 120);
    expect(await changed()).toHaveLength(6);
  });

  it('do not keep a node with a revision that was rejected', async () => {
    await installed({
      updateWindows: [{ schedule: '10 0 * * *', duration: '1m' }],
      waves: [
        { name: 'canary', nodes: 1, soak: '10m' },
        { name: 'all', nodes: '100%' },
      ],
    });
    await lab.apply(model({ version: '1.1.0' }));
    await saysOutside();
    await lab.simulation.clock.advance(at('00:10') - lab.now());
    await lab.until('the canaries', async () => (await lab.versions())['1.1.0'] === 2, 60);
    await lab.simulation.clock.advance(at('00:14') - lab.now());
    const { candidate } = (await lab.rollout()).status ?? {};
    await lab.annotate(NAME, { 'outrigger.dev/abort': `${candidate?.revision}.1` });
    await lab.until('all is back', async () => (await lab.versions())['1.0.0'] === 6, 60);
    const { status } = await lab.rollout();
    expect(condition(status?.conditions, 'Ready')?.reason).toBe('AbortedByPerson');
    expect(status?.nextWindow).toBeUndefined();
  });
});
