import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DECISION } from '../../src/api/names.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { condition, type Lab, startLab } from './harness.ts';
import { model, NAME, rollout } from './manifests.ts';
import type { Write } from './write.ts';

let lab: Lab;
/** Crashes for good: the failure budget is exceeded on the first canaries. */
const BAD = model({ version: '1.1.0', acts: { 'crash-after': '1s' } });

beforeEach(async () => {
  lab = await startLab();
  await lab.apply(rollout());
  await lab.apply(model());
  await lab.untilReady('1.0.0');
});

afterEach(() => lab.stop());

/** Applies the bad version and runs until the whole fleet serves stable again; its hash. */
async function rejected(): Promise<string> {
  await lab.apply(BAD);
  await lab.untilPhase('RolledBack');
  await lab.until('all serve stable', async () => (await lab.versions())['1.0.0'] === 12, 60);
  const [entry] = (await lab.rollout()).status?.rejected ?? [];
  return entry?.revision ?? '';
}

/** What is written of pods in two minutes, beside a fleet that serves stable. */
async function podWrites(): Promise<readonly Write[]> {
  const before = lab.operators.map(({ tap }) => tap.writes.length);
  await lab.run(120);
  expect(await lab.versions()).toEqual({ '1.0.0': 12 });
  return lab.operators.flatMap(({ tap }, index) =>
    tap.writes.slice(before[index]).filter(({ resource }) => resource === 'pods'),
  );
}

describe('a version that crashes', () => {
  it('is rolled back by the failure budget on its canaries, and says why', async () => {
    const hash = await rejected();
    const { status } = await lab.rollout();
    expect(status).toMatchObject({
      phase: 'RolledBack',
      stable: { version: '1.0.0' },
      rejected: [{ revision: hash, attempt: 1, version: '1.1.0' }],
    });
    expect(status?.rejected?.[0]?.message).toMatch(/1 of 1 nodes of cohort .* failed/);
    expect(condition(status?.conditions, 'Healthy')).toMatchObject({ status: 'False', reason: 'Rejected' });
    const { status: ofModel } = await lab.model();
    expect(ofModel).toMatchObject({ phase: 'Rejected', version: '1.0.0' });
    expect(condition(ofModel?.conditions, 'Ready')?.status).toBe('False');
    expect(condition(ofModel?.conditions, 'Stalled')?.status).toBe('True');
    // Never more than the canaries: one of each cohort.
    expect(lab.timeline.join('\n')).not.toMatch(/1\.1\.0\.1 half/);
    expect(status?.message).toContain(`outrigger.dev/retry=${hash}.1`);
    const warnings = (await lab.events()).filter(({ type }) => type === 'Warning');
    expect(warnings.map(({ about }) => about).toSorted()).toEqual(['EdgeModel', 'EdgeRollout']);
    expect(warnings[0]?.note).toMatch(/crashed 2 times/);
  });

  it('is not started again when the same spec is applied again', async () => {
    await rejected();
    await lab.apply(BAD);
    expect(await podWrites()).toEqual([]);
  });

  it('is not started again when the spec goes to stable and comes back', async () => {
    await rejected();
    await lab.apply(model());
    await lab.untilReady('1.0.0');
    await lab.apply(BAD);
    await lab.untilPhase('RolledBack');
    expect(await podWrites()).toEqual([]);
  });

  it('is not started again by an operator with empty memory', async () => {
    await rejected();
    lab.restartOperator();
    expect(await podWrites()).toEqual([]);
  });

  it('is not started again when everything is listed anew', async () => {
    await rejected();
    lab.simulation.apiServer.compact();
    lab.simulation.apiServer.breakWatches(new Error('the server restarts'));
    expect(await podWrites()).toEqual([]);
  });

  it('is not started again when the record of the attempt is lost', async () => {
    const hash = await rejected();
    await lab.client.delete(RESOURCES.configMaps, 'default', `${NAME}-memory-${hash}-1`);
    lab.restartOperator();
    expect(await podWrites()).toEqual([]);
  });

  it('is tried once more by a retry that names the attempt, and not by one that names another', async () => {
    const hash = await rejected();
    await lab.annotate(NAME, { [DECISION.retry]: `${hash}.7` });
    expect(await podWrites()).toEqual([]);

    await lab.annotate(NAME, { [DECISION.retry]: `${hash}.1` });
    await lab.until('attempt 2', async () => (await lab.rollout()).status?.candidate?.attempt === 2, 30);
    await lab.untilPhase('RolledBack');
    // The annotation is still there, and means nothing any more.
    await lab.until('all serve stable', async () => (await lab.versions())['1.0.0'] === 12, 60);
    expect(await podWrites()).toEqual([]);
    expect((await lab.rollout()).status?.rejected?.map(({ attempt }) => attempt).toSorted()).toEqual([1, 2]);
  });
});

it('a version that never gets ready is rolled back at the progress deadline', async () => {
  await lab.apply(model({ version: '1.1.0', acts: { 'never-ready': 'true' } }));
  const from = lab.now();
  await lab.untilPhase('RolledBack');
  const seconds = (lab.now() - from) / 1000;
  expect(seconds).toBeGreaterThan(60);
  expect(seconds).toBeLessThan(120);
  const { status } = await lab.rollout();
  expect(status?.rejected?.[0]).toMatchObject({ reason: 'ProgressDeadline' });
  await lab.until('all serve stable', async () => (await lab.versions())['1.0.0'] === 12, 60);
});

it('abort ends the attempt that it names, and no other', async () => {
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilPhase('Soaking');
  const { candidate } = (await lab.rollout()).status ?? {};
  await lab.annotate(NAME, { [DECISION.abort]: `${candidate?.revision}.2` });
  await lab.run(5);
  expect((await lab.rollout()).status?.phase).toBe('Soaking');
  await lab.annotate(NAME, { [DECISION.abort]: `${candidate?.revision}.1` });
  await lab.untilPhase('RolledBack', NAME, 60);
  await lab.until('all serve stable', async () => (await lab.versions())['1.0.0'] === 12, 60);
  expect((await lab.rollout()).status?.rejected?.[0]).toMatchObject({ reason: 'AbortedByPerson' });
  expect(await podWrites()).toEqual([]);
});

it('onFailure Pause leaves the decision to a person', async () => {
  await lab.apply(rollout({ onFailure: 'Pause' }));
  await lab.apply(BAD);
  await lab.untilPhase('Paused');
  await lab.run(60);
  const { status } = await lab.rollout();
  expect(status?.rejected ?? []).toEqual([]);
  expect(condition(status?.conditions, 'Paused')?.status).toBe('True');
  await lab.annotate(NAME, { [DECISION.abort]: `${status?.candidate?.revision}.1` });
  await lab.untilPhase('RolledBack');
  await lab.until('all serve stable', async () => (await lab.versions())['1.0.0'] === 12, 60);
});

it('a retry while nodes still go back takes these first, so that the wave keeps its size', async () => {
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilPhase('Soaking');
  const canaries = async () =>
    (await lab.serving()).filter(({ version }) => version === '1.1.0').map(({ node }) => node);
  const before = await canaries();
  const revision = (await lab.rollout()).status?.candidate?.revision;
  await lab.annotate(NAME, { [DECISION.abort]: `${revision}.1` });
  await lab.untilPhase('RollingBack');
  await lab.annotate(NAME, { [DECISION.retry]: `${revision}.1` });
  await lab.untilPhase('Soaking');
  expect((await lab.rollout()).status?.candidate?.attempt).toBe(2);
  expect(await canaries()).toEqual(before);
  await lab.untilReady('1.1.0');
});

it('failureScope Cohort: the class that fails goes back alone, the other one is promoted', async () => {
  await lab.apply(rollout({ failureScope: 'Cohort' }));
  await lab.apply(model({ version: '1.1.0', variantActs: { cpu: { 'crash-after': '1s' } } }));
  await lab.until('the other cohort is promoted', async () => {
    const versions = await lab.versions();
    return versions['1.1.0'] === 6 && versions['1.0.0'] === 6;
  });
  await lab.run(60);
  const { status } = await lab.rollout();
  expect(status?.cohorts?.map(({ name, phase }) => [name, phase])).toEqual([
    ['orin', 'Promoted'],
    ['cpu', 'RolledBack'],
  ]);
  expect(status?.rejected).toMatchObject([{ cohort: 'cpu', version: '1.1.0' }]);
  expect(condition(status?.conditions, 'Stalled')?.status).toBe('True');
  // A restart remembers it as well.
  lab.restartOperator();
  await lab.run(60);
  expect(await lab.versions()).toEqual({ '1.1.0': 6, '1.0.0': 6 });
});
