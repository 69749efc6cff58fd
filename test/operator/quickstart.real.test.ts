import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../setup/describe-real.ts';
import { quickstart } from './manifests.ts';
import { eventually, OperatorProcess, Site, startFleet } from './real-cluster.ts';

const NODES = 30;

describeReal('the quick start on a real API server and a real Prometheus', (real) => {
  let fleet: { stop(): Promise<void> };
  let site: Site;
  let operator: OperatorProcess;

  beforeAll(async () => {
    site = new Site(real(), await real().namespace());
    fleet = await startFleet(real(), NODES);
    operator = new OperatorProcess(real(), site.namespace);
    await operator.untilLeading();
  });

  afterAll(async () => {
    await operator.end('SIGTERM');
    await fleet.stop();
  });

  it('shows a canary that is promoted, over a SIGKILL in mid-wave, and one that is rolled back', async () => {
    const from = Date.now();
    const marks: string[] = [];
    const mark = (what: string): void =>
      void marks.push(`${what} ${Math.round((Date.now() - from) / 1000)} s`);
    /** Watched from outside all the while: no node with two serve pods of one revision, no node that goes back. */
    const doubles: string[] = [];
    const back: string[] = [];
    const reached = new Set<string>();
    const over = new AbortController();
    const watch = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const pods = (await site.pods()).filter(({ role, deleting }) => role === 'serve' && !deleting);
        const seen = new Set<string>();
        for (const { node, revision, version } of pods) {
          if (seen.has(`${node}/${revision}`)) doubles.push(`${node} ${version}`);
          seen.add(`${node}/${revision}`);
        }
        for (const { node, version, ready } of pods) if (version === '2.4.1' && ready) reached.add(node);
        for (const node of reached) {
          if (!pods.some((pod) => pod.node === node && pod.version === '2.4.1')) back.push(node);
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    };

    await site.apply(quickstart('01-model'));
    await site.apply(quickstart('02-rollout'));
    await site.untilReady('2.4.0');
    mark('first revision');
    expect(await site.versions()).toEqual({ '2.4.0': NODES });

    const watched = watch();
    await site.apply(quickstart('03-healthy'));
    await eventually(
      'the second wave is under way',
      () => site.rollout(),
      ({ status }) => status?.wave?.name === 'half' && status.phase === 'Progressing',
      120_000,
    );
    await operator.end('SIGKILL');
    mark('killed');
    operator = new OperatorProcess(real(), site.namespace);
    await site.untilReady('2.4.1');
    mark('promoted');
    over.abort();
    await watched;
    expect({ doubles, back }).toEqual({ doubles: [], back: [] });
    expect(await site.versions()).toEqual({ '2.4.1': NODES });

    await site.apply(quickstart('04-bad'));
    const { status } = await site.untilPhase('RolledBack');
    mark('rolled back');
    expect(status?.rejected).toMatchObject([{ version: '2.5.0', attempt: 1 }]);
    await eventually(
      'all serve stable',
      () => site.versions(),
      (versions) => versions['2.4.1'] === NODES && versions['2.5.0'] === undefined,
    );
    const reasons = (await site.events()).map(({ reason }) => reason);
    expect(reasons).toEqual(expect.arrayContaining(['WaveStarted', 'WavePassed', 'Promoted']));
    process.stderr.write(`quick start on real parts: ${marks.join(', ')}\n`);
    expect(Date.now() - from).toBeLessThan(300_000);
  }, 400_000);
});
