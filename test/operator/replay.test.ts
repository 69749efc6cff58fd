import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { judge } from '../../src/cli/judge.ts';
import { rolloutEvidence } from '../../src/cli/judge/rollout-evidence.ts';
import { SIMULATED_PROMETHEUS } from '../../src/cli/simulated-operator.ts';
import { parseMemory } from '../../src/core/rollout/memory-config-map.ts';
import type { CandidateMemory, CohortVerdict } from '../../src/core/rollout/memory.ts';
import { judgeTrial, type TrialResult } from '../../src/judge/trial/judge-trial.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { PrometheusEvidenceSource } from '../../src/prometheus/evidence-source.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import { type Lab, NAMESPACE, startLab } from './harness.ts';
import { NAME, quickstart } from './manifests.ts';
import { settled } from './simulated-operator.ts';

let lab: Lab;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outrigger-replay-'));
  lab = await startLab({ nodes: edgeNodes(30) });
  await lab.apply(quickstart('02-rollout'));
  await lab.apply(quickstart('01-model'));
  await lab.untilReady('2.4.0');
  // Nodes have a past by now.
  await lab.run(60);
});

afterEach(async () => {
  await rm(folder, { recursive: true });
  await lab.stop();
});

/** `outrigger judge` on the simulated cluster. */
async function replay(...flags: readonly string[]) {
  const { client, clock, prometheus } = lab.simulation;
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    stdin: () => Promise.resolve(''),
  };
  const run = judge(['--json', ...flags], io, judgeTrial, (asked) =>
    rolloutEvidence(
      {
        client,
        clock,
        metrics: new PrometheusEvidenceSource(prometheus.exchange),
        pause: () => Promise.resolve(),
        defaultAddress: SIMULATED_PROMETHEUS,
      },
      { ...asked, address: asked.prometheus },
    ),
  );
  expect(await settled(lab.simulation, run)).toBe(0);
  return { result: JSON.parse(out.join('\n')) as TrialResult, err: err.join('\n') };
}

const rollout = ['--rollout', `${NAMESPACE}/${NAME}`] as const;

/** The newest candidate's record, and the object that holds it. */
async function recorded(): Promise<{ readonly object: KubeObject; readonly memory: CandidateMemory }> {
  const objects = await lab.client.listAll<KubeObject>(RESOURCES.configMaps, { namespace: NAMESPACE });
  const [newest] = objects
    .flatMap((object) => {
      const memory = parseMemory(object);
      return memory === undefined ? [] : [{ object, memory }];
    })
    .toSorted((a, b) => Date.parse(b.memory.startedAt) - Date.parse(a.memory.startedAt));
  if (newest === undefined) throw new Error('there is no record');
  return newest;
}

/** What the operator said at the end of a wave, and after how many steps. */
function said({ walks, waves, analysis }: CandidateMemory, wave: string) {
  const step = walks.at(-1)?.steps.find(({ index }) => waves[index]?.name === wave);
  const verdicts: readonly CohortVerdict[] = step?.trials?.at(-1)?.verdicts ?? [];
  const window = verdicts[0]?.window;
  if (window === undefined) throw new Error(`the record has no verdict on wave ${wave}`);
  return { verdicts, minute: (window.to - window.from) / analysis.resolutionMs };
}

const cohortsOf = ({ looks, final }: TrialResult) =>
  looks
    .find(({ minute }) => minute === final.minute)
    ?.metrics.flatMap(({ cohorts }) => cohorts)
    .map(({ cohort, verdict, nodes, controls }) => ({ cohort, verdict, nodes, controls }))
    .toSorted((a, b) => (a.cohort < b.cohort ? -1 : 1));

const toldOf = (verdicts: readonly CohortVerdict[]) =>
  verdicts
    .map(({ cohort, verdict, nodes, controls }) => ({ cohort, verdict, nodes, controls }))
    .toSorted((a, b) => (a.cohort < b.cohort ? -1 : 1));

describe('a replay', () => {
  it('of a version that was rolled back fails it at the same look', async () => {
    await lab.apply(quickstart('04-bad'));
    await lab.untilPhase('RolledBack');
    // The pods of the candidate are gone; their names follow from what the record says.
    await lab.until('all serve stable', async () => (await lab.versions())['2.4.0'] === 30, 60);
    const { object, memory } = await recorded();
    const { verdicts, minute } = said(memory, 'canary');

    const file = join(folder, 'wave.json');
    const { result, err } = await replay(...rollout, '--write-evidence', file);
    expect(result.final).toMatchObject({ minute, verdict: 'Fail' });
    expect(cohortsOf(result)).toEqual(toldOf(verdicts));
    expect(err).toContain(`the operator said at minute ${minute}: Fail(HarmBeyondMargin) for errors`);

    // What was written says the same again, without a cluster.
    const again = await replay('--evidence', file);
    expect(again.result).toEqual(result);
    expect(again.err).toBe('');
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ falseRollbackRate: expect.any(Number) });

    // And the record from a file, as kubectl writes it.
    const kept = join(folder, 'memory.yaml');
    await writeFile(kept, dump(object));
    const { metadata } = object;
    await lab.client.delete(RESOURCES.configMaps, NAMESPACE, metadata.name);
    expect((await replay(...rollout, '--memory', kept)).result).toEqual(result);
    await expect(replay(...rollout, '--memory', kept, '--wave', 'half')).rejects.toThrow(
      /wave half of attempt 1 of 2\.5\.0 .* is not measured/,
    );
  });

  it('of a version that was promoted passes each of its waves at the same look', async () => {
    await lab.apply(quickstart('03-healthy'));
    await lab.untilReady('2.4.1');
    const { memory } = await recorded();
    for (const wave of ['canary', 'half']) {
      const { verdicts, minute } = said(memory, wave);
      const { result } = await replay(...rollout, '--wave', wave);
      expect(result.final).toMatchObject({ minute, verdict: 'Pass' });
      expect(cohortsOf(result)).toEqual(toldOf(verdicts));
    }
  });

  it('where Prometheus is away says so, and what the rollout has not measured yet', async () => {
    await expect(replay(...rollout)).rejects.toThrow(/no wave of .* is measured yet|holds no record/);
    await lab.apply(quickstart('04-bad'));
    await lab.untilPhase('RolledBack');
    lab.simulation.prometheus.fault = { kind: 'down' };
    await expect(replay(...rollout)).rejects.toThrow(
      /metric errors could not be asked for: PrometheusUnreachable: /,
    );
  });
});
