import { describe, expect, it } from 'vitest';
import type { EdgeRolloutSpec } from '../api/edge-rollout.ts';
import { fleetOf, GPU, modelOf, nodeOf, rolloutOf, START } from './fixtures/objects.ts';
import { TinyWorld } from './fixtures/tiny-world.ts';

const HOUR = 3_600_000;
const ZONE = 'outrigger.dev/time-zone';

/** START is noon in UTC, on a Sunday. */
const AT_TWO: Partial<EdgeRolloutSpec> = { updateWindows: [{ schedule: '0 14 * * *', duration: '1h' }] };
const OPENS = START + 2 * HOUR;

function count(world: TinyWorld, version: string): number {
  return Object.values(world.serving()).filter((each) => each === version).length;
}

function pods(world: TinyWorld): string[] {
  return world.done.flatMap((action) =>
    action.kind === 'CreatePod' || action.kind === 'DeletePod' ? [action.kind] : [],
  );
}

/** The roles of the pods that were made. */
function made(world: TinyWorld): string[] {
  return world.done.flatMap((action) =>
    action.kind === 'CreatePod' ? [action.pod.metadata.labels?.['outrigger.dev/role'] ?? ''] : [],
  );
}

function installed(spec: Partial<EdgeRolloutSpec> = AT_TWO, nodes = fleetOf(6)): TinyWorld {
  const world = new TinyWorld(nodes, modelOf(), rolloutOf(spec));
  world.promoteFirst();
  world.done.length = 0;
  return world;
}

function condition(world: TinyWorld, type: string) {
  return world.rollout.status?.conditions?.find((each) => each.type === type);
}

describe('outside its windows a node', () => {
  it('takes its first revision, for nothing serves there', () => {
    expect(count(installed(), '1.0.0')).toBe(6);
  });

  it('does not begin to change, says when it will, and is charged nothing', () => {
    const world = installed();
    world.release('2.0.0');
    world.until('the reason', () => condition(world, 'Ready')?.reason === 'OutsideWindow');
    expect(made(world)).toEqual(['prefetch']);
    expect(world.rollout.status).toMatchObject({
      phase: 'Holding',
      nextWindow: '2026-03-01T14:00:00.000Z',
      message: expect.stringMatching(
        /^1 of 1 nodes of cohort cpu wait for their update windows; node edge-\d waits for its update window; the next one opens at 2026-03-01T14:00:00\.000Z \(14:00 on Sunday in UTC\)$/,
      ),
    });
    expect(world.decide().requeueAt).toBe(OPENS);
    // Idle until then.
    expect(world.decide().actions).toEqual([]);
    expect(world.events.filter(({ reason }) => reason === 'OutsideWindow').map(({ type }) => type)).toEqual([
      'Normal',
      'Normal',
    ]);
    expect(world.model?.status?.exceptions).toEqual([]);

    world.now = OPENS - 5_000;
    world.tick();
    expect(pods(world)).toContain('CreatePod');
    expect(world.rollout.status?.nextWindow).toBeUndefined();
    world.untilPhase('Promoted');
    expect(count(world, '2.0.0')).toBe(6);
  });

  it('fetches ahead where it is to replace its pod, and switches when the window opens', () => {
    const gpu = fleetOf(4, { labels: { accelerator: 'orin' }, allocatable: { 'nvidia.com/gpu': '1' } });
    const world = new TinyWorld(gpu, modelOf({ variants: [GPU] }), rolloutOf(AT_TWO));
    world.promoteFirst();
    world.done.length = 0;
    world.edit({ version: '2.0.0' });
    world.until('the reason', () => condition(world, 'Ready')?.reason === 'OutsideWindow');
    expect(pods(world)).toEqual(['CreatePod']);
    expect(world.podViews().filter(({ role, ready }) => role === 'prefetch' && ready)).toHaveLength(1);
    expect(count(world, '1.0.0')).toBe(4);
    world.now = OPENS;
    world.until('the switch', () => count(world, '2.0.0') === 1);
  });

  it('fetches ahead also where the new pod starts beside the old one, which then asks for no place', () => {
    const world = installed();
    world.release('2.0.0');
    world.until('the reason', () => condition(world, 'Ready')?.reason === 'OutsideWindow');
    expect(world.podViews().filter(({ role, ready }) => role === 'prefetch' && ready)).toHaveLength(1);
    world.pulls = { elsewhere: 100, ahead: true };
    world.now = OPENS - 10_000;
    world.tick();
    expect(count(world, '1.0.0')).toBe(6);
    world.until('it starts', () => count(world, '2.0.0') === 1, 2);
    expect(made(world)).toEqual(['prefetch', 'serve']);
    world.tick(2);
    expect(world.podViews().filter(({ role }) => role === 'prefetch')).toEqual([]);
  });

  it('goes on with the fetch that the opening finds under way, unless it hangs', () => {
    const world = installed();
    world.release('2.0.0', 'no image');
    world.until('it fetches', () => made(world).length === 1);
    const [prefetch] = [...world.pods.values()].filter(({ behaviour }) => behaviour === 'no image');
    if (prefetch === undefined) throw new Error('nothing fetches');
    world.now = OPENS + 60_000;
    world.tick(3);
    expect(made(world)).toEqual(['prefetch']);
    prefetch.behaviour = 'pulling';
    prefetch.readyAt = undefined;
    world.behaviours.set('2.0.0', 'healthy');
    world.pass();
    // It was made two hours ago, and is still said to be on its way.
    expect(made(world)).toEqual(['prefetch', 'serve']);
  });

  it('does not fetch ahead where the API server took no prefetch pod of the variant', () => {
    const world = installed();
    const hash = world.release('2.0.0');
    const prefetchOf = `${hash}/cpu`;
    const refused = {
      code: 'Invalid',
      message: 'must specify a volume type',
      at: START,
      count: 1,
      prefetchOf,
    };
    world.refusedPods = new Map([['of-another-node', refused]]);
    world.until('the reason', () => condition(world, 'Ready')?.reason === 'OutsideWindow');
    expect(pods(world)).toEqual([]);
    world.now = OPENS;
    world.until('it starts', () => count(world, '2.0.0') === 1, 2);
    expect(made(world)).toEqual(['serve']);
  });

  it('finishes what it began inside', () => {
    const world = installed();
    world.release('2.0.0', 'never ready');
    world.now = OPENS + HOUR - 25_000;
    world.until('the new pod', () => pods(world).length > 0);
    expect(world.now).toBeLessThan(OPENS + HOUR);
    world.now = OPENS + HOUR;
    const [name] = world.podViews().flatMap((pod) => (pod.ready ? [] : [pod.name]));
    const pod = world.pods.get(name ?? '');
    if (pod !== undefined) pod.behaviour = 'healthy';
    world.until('the old pod is gone', () => world.podViews().length === 6);
    expect(count(world, '2.0.0')).toBe(1);
    // The soak goes on, and the next wave waits for the next day.
    world.until('the next day', () => condition(world, 'Ready')?.reason === 'OutsideWindow');
    expect(world.rollout.status).toMatchObject({
      wave: { name: 'half' },
      nextWindow: '2026-03-02T14:00:00.000Z',
    });
    expect(count(world, '2.0.0')).toBe(1);
  });

  it.each(['a crash', 'an abort'])('goes back from a rejected revision at once: %s', (how) => {
    const world = installed();
    world.release('2.0.0');
    world.now = OPENS;
    world.until('a canary', () => count(world, '2.0.0') === 1);
    world.now = OPENS + HOUR;
    if (how === 'an abort') world.annotate({ 'outrigger.dev/abort': `${world.hash}.1` });
    else for (const pod of world.pods.values()) if (pod.createdAt >= OPENS) crash(pod);
    world.until('all is back', () => count(world, '1.0.0') === 6);
    world.untilPhase('RolledBack');
    expect(world.now).toBeLessThan(OPENS + HOUR + 120_000);
  });

  it('catches up only inside, without holding Ready back', () => {
    const world = installed();
    world.reach('edge-3', false);
    world.release('2.0.0');
    world.now = OPENS;
    world.untilPhase('Promoted');
    expect(world.serving()['edge-3']).toBe('1.0.0');
    world.now = OPENS + HOUR;
    world.reach('edge-3', true);
    world.tick(60);
    expect(world.serving()['edge-3']).toBe('1.0.0');
    expect(world.ready()).toBe('True');
    expect(world.rollout.status).toMatchObject({ nextWindow: '2026-03-02T14:00:00.000Z', updated: '5/6' });
    world.now = OPENS + 24 * HOUR;
    world.until('it has caught up', () => world.serving()['edge-3'] === '2.0.0');
  });

  it('is served again at once where nothing serves', () => {
    const world = installed();
    for (const { name, node } of world.podViews()) {
      const pod = world.pods.get(name);
      if (pod !== undefined && node === 'edge-2') crash(pod);
    }
    world.release('2.0.0');
    // Of a wave or not: what is broken is replaced where the wave has it, so the whole fleet is one.
    world.editRollout({ waves: [{ name: 'all', nodes: '100%' }] });
    world.until('the new version', () => count(world, '2.0.0') === 1);
    expect(world.serving()['edge-2']).toBe('2.0.0');
    world.tick(20);
    expect(count(world, '2.0.0')).toBe(1);
    expect(world.now).toBeLessThan(OPENS);
  });
});

describe('time zones', () => {
  const zones = { 'edge-1': 'Europe.Berlin', 'edge-2': 'America.New_York', 'edge-3': '' };
  const spec: Partial<EdgeRolloutSpec> = {
    ...AT_TWO,
    timeZone: { default: 'Asia/Kolkata', fromNodeLabel: ZONE },
    waves: [{ name: 'all', nodes: '100%' }],
    limits: { maxUnavailable: '100%' },
  };

  it('are those of the nodes, and the default', () => {
    const nodes = Object.entries(zones).map(([name, zone]) => nodeOf(name, { labels: { [ZONE]: zone } }));
    const world = installed(spec, nodes);
    world.release('2.0.0');
    const opened: Record<string, string> = {};
    world.until('Kolkata waits until the next day', () => world.rollout.status?.nextWindow !== undefined);
    // Two in the afternoon: 13:00Z in Berlin, 19:00Z in New York, 08:30Z in Kolkata.
    for (const next of ['2026-03-01T13:00:00.000Z', '2026-03-01T19:00:00.000Z', '2026-03-02T08:30:00.000Z']) {
      expect(world.rollout.status?.nextWindow).toBe(next);
      world.now = Date.parse(next);
      const before = count(world, '2.0.0');
      world.until('another node has it', () => count(world, '2.0.0') === before + 1);
      for (const [node, version] of Object.entries(world.serving()))
        if (version === '2.0.0') opened[node] ??= next;
      world.tick(5);
      expect(count(world, '2.0.0')).toBe(before + 1);
    }
    expect(opened).toEqual({
      'edge-1': '2026-03-01T13:00:00.000Z',
      'edge-2': '2026-03-01T19:00:00.000Z',
      'edge-3': '2026-03-02T08:30:00.000Z',
    });
  });

  it('that a label gets wrong hold the node, and are named', () => {
    const world = installed({ ...spec, ...AT_TWO }, [
      nodeOf('edge-1', { labels: { [ZONE]: 'Europ.Berlin' } }),
    ]);
    world.release('2.0.0');
    world.untilPhase('Holding');
    expect(condition(world, 'Ready')).toMatchObject({
      reason: 'TimeZoneUnknown',
      message: expect.stringContaining('of node edge-1 is "Europ.Berlin", which is no time zone'),
    });
    expect(world.model?.status?.exceptions).toMatchObject([{ node: 'edge-1', reason: 'TimeZoneUnknown' }]);
    world.node('edge-1', { labels: { [ZONE]: 'Europe.Berlin' } });
    world.now = START + HOUR;
    world.until('the new version', () => count(world, '2.0.0') === 1);
  });
});

describe('an edit of the windows', () => {
  it('applies at once, and is no new revision', () => {
    const world = installed();
    const hash = world.release('2.0.0');
    world.until('the reason', () => condition(world, 'Ready')?.reason === 'OutsideWindow');
    world.editRollout({ updateWindows: [{ schedule: '* * * * *', duration: '1m' }] });
    world.until('a canary', () => count(world, '2.0.0') === 1);
    expect(world.hash).toBe(hash);
    expect(world.rollout.status?.candidate).toMatchObject({ revision: hash, attempt: 1 });
  });

  it.each([
    [
      'a day that never comes',
      { updateWindows: [...(AT_TWO.updateWindows ?? []), { schedule: '0 2 31 2 *', duration: '1h' }] },
      'spec.updateWindows[1].schedule: "0 2 31 2 *" names a day that no year has',
    ],
    [
      'a range that ends before it begins',
      { updateWindows: [{ schedule: '0 5-2 * * *', duration: '1h' }] },
      'spec.updateWindows[0].schedule: "0 5-2 * * *" has the hour 5-2, which ends before it begins',
    ],
    [
      'a zone that is none',
      { ...AT_TWO, timeZone: { default: 'Europe/Berln' } },
      'spec.timeZone.default: "Europe/Berln" is no name of the IANA time zone database; write one such as Europe/Berlin',
    ],
  ] as const)('to %s is not accepted: nothing begins, also in mid-rollout', (_, wrong, message) => {
    const world = installed(wrong);
    world.release('2.0.0');
    world.untilPhase('Holding');
    expect(condition(world, 'Accepted')).toMatchObject({ status: 'False', reason: 'WindowInvalid', message });
    expect(world.configMaps.size).toBe(0);

    world.editRollout({ updateWindows: [{ schedule: '* * * * *', duration: '1m' }], timeZone: {} });
    world.until('a canary', () => count(world, '2.0.0') === 1);
    expect(condition(world, 'Accepted')?.status).toBe('True');
    world.editRollout(wrong);
    world.untilPhase('Holding');
    world.tick(60);
    expect(count(world, '2.0.0')).toBe(1);
    expect(condition(world, 'Accepted')).toMatchObject({ status: 'False', reason: 'WindowInvalid', message });
    world.editRollout({ updateWindows: [{ schedule: '* * * * *', duration: '1m' }], timeZone: {} });
    world.untilPhase('Promoted');
  });
});

function crash(pod: { behaviour: string; readyAt: number | undefined }): void {
  pod.behaviour = 'crashes';
  pod.readyAt = undefined;
}
