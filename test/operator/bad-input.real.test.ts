import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../setup/describe-real.ts';
import { BAD_INPUTS, NEIGHBOUR, neighbour, neighbourRollout } from './bad-input.ts';
import { OperatorProcess, Site, startFleet } from './real-cluster.ts';

const NODES = 6;

describeReal('bad input on a real API server', (real) => {
  let fleet: { stop(): Promise<void> };
  let site: Site;
  let operator: OperatorProcess;

  // All mistakes at once, in one namespace, while their neighbour goes from one version to the next.
  beforeAll(async () => {
    site = new Site(real(), await real().namespace());
    fleet = await startFleet(real(), NODES);
    operator = new OperatorProcess(real(), site.namespace);
    await operator.untilLeading();
    await site.apply(neighbourRollout);
    await site.apply(neighbour('1.0.0'));
    await site.untilReady('1.0.0', NEIGHBOUR);
    for (const { manifests } of BAD_INPUTS) for (const manifest of manifests) await site.apply(manifest);
    await site.untilReady('1.0.0', 'unmeasured');
    for (const { later = [] } of BAD_INPUTS) for (const manifest of later) await site.apply(manifest);
    await site.apply(neighbour('1.1.0'));
  }, 240_000);

  afterAll(async () => {
    await operator.end('SIGTERM');
    await fleet.stop();
  });

  it.each(BAD_INPUTS)('$name is told in a condition and an Event', async ({ about, condition, says }) => {
    const found = await site.untilCondition(
      about.kind,
      about.name,
      condition.type,
      condition.reason,
      120_000,
    );
    expect(found).toMatchObject(condition);
    expect(found.message).toMatch(says);
    const events = (await site.events()).filter(
      ({ name, about: kind }) => name === about.name && kind === about.kind,
    );
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'Warning',
        reason: condition.reason,
        note: expect.stringMatching(says),
      }),
    );
  });

  it('no other model is disturbed', async () => {
    await site.untilReady('1.1.0', NEIGHBOUR);
    expect(await site.versions(NEIGHBOUR)).toEqual({ '1.1.0': NODES });
  });
});
