import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EdgeRollout } from '../../src/api/edge-rollout.ts';
import { LABEL } from '../../src/api/names.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import type { Pod } from '../../src/sim/fleet/pod.ts';
import { createSimulation, type Simulation } from '../../src/sim/fleet/simulation.ts';
import {
  model,
  NAMESPACE,
  operatorOn,
  rollout,
  settled,
  type SimulatedOperator,
} from './simulated-operator.ts';

const NODES = 12;
const CANARIES = 3;

let simulation: Simulation;
let operator: SimulatedOperator;

beforeEach(async () => {
  simulation = createSimulation({ seed: 7, nodes: edgeNodes(NODES) });
  await settled(simulation, simulation.start());
  operator = operatorOn(simulation);
  void operator.start();
  await simulation.client.create(RESOURCES.edgeModels, NAMESPACE, model());
  await simulation.client.create(
    RESOURCES.edgeRollouts,
    NAMESPACE,
    rollout({
      waves: [
        { name: 'canary', nodes: CANARIES, soak: '5m' },
        { name: 'all', nodes: '100%' },
      ],
      analysis: {
        resolution: '30s',
        metrics: [
          {
            name: 'errors',
            ratio: { bad: 'model_requests_total{code=~"5.."}', total: 'model_requests_total' },
            maxIncrease: { relative: '50%', absolute: '5%' },
          },
        ],
      },
    }),
  );
  await simulation.clock.advance(120_000);
  await settled(simulation, operator.idle());
});

afterEach(async () => {
  await settled(simulation, operator.stop());
  await simulation.stop();
});

async function newVersion(version: string, annotations: Readonly<Record<string, string>>): Promise<void> {
  const { template } = model().spec;
  const spec = { version, template: { ...template, metadata: { annotations } } };
  await simulation.client.mergePatch(RESOURCES.edgeModels, NAMESPACE, 'defects', { spec });
}

async function versions(): Promise<readonly (string | undefined)[]> {
  return (await pods()).map(({ metadata }) => metadata.labels?.[LABEL.version]).toSorted();
}

const stored = (): Promise<EdgeRollout> =>
  simulation.client.get<EdgeRollout>(RESOURCES.edgeRollouts, NAMESPACE, 'defects');

const pods = (): Promise<readonly Pod[]> =>
  simulation.client.listAll<Pod>(RESOURCES.pods, { namespace: NAMESPACE });

const all = (version: string): readonly string[] => Array.from({ length: NODES }, () => version);

async function untilPhase(phase: string): Promise<void> {
  const { clock } = simulation;
  for (let minute = 0; minute < 60; minute++) {
    if ((await stored()).status?.phase === phase) return;
    await clock.advance(60_000);
  }
  throw new Error(
    `the rollout did not come to ${phase} within an hour: ${JSON.stringify((await stored()).status)}`,
  );
}

function troubles(of: SimulatedOperator): readonly unknown[] {
  return of.log.filter(({ level }) => level === 'warn' || level === 'error');
}

describe('a canary', () => {
  it('that is healthy is promoted', async () => {
    await newVersion('1.1.0', {});
    await simulation.clock.advance(3 * 60_000);
    const updated = (await versions()).filter((version) => version === '1.1.0');
    expect(updated).toHaveLength(CANARIES);
    await untilPhase('Promoted');
    await settled(simulation, operator.idle());
    expect(await versions()).toEqual(all('1.1.0'));
    expect((await stored()).status).toMatchObject({ updated: '12/12', stable: { version: '1.1.0' } });
    expect(troubles(operator)).toEqual([]);
  });

  it('that is not is rolled back, for the reason that the metric gives', async () => {
    await newVersion('1.1.0', { 'sim.outrigger.dev/error-rate': '50%' });
    await untilPhase('RolledBack');
    await simulation.clock.advance(5 * 60_000);
    expect(await versions()).toEqual(all('1.0.0'));
    const { rejected } = (await stored()).status ?? {};
    expect(rejected).toMatchObject([{ version: '1.1.0', attempt: 1, reason: 'HarmBeyondMargin' }]);
    expect(troubles(operator)).toEqual([]);
  });

  it('goes on where it was when the operator is killed in its middle', async () => {
    await newVersion('1.1.0', {});
    await simulation.clock.advance(3 * 60_000);
    const canaries = (await pods()).filter(({ metadata }) => metadata.labels?.[LABEL.version] === '1.1.0');
    await settled(simulation, operator.stop());
    operator = operatorOn(simulation, { identity: 'operator-b' });
    void operator.start();
    await simulation.clock.advance(30_000);
    await settled(simulation, operator.idle());
    // Nothing is done again: neither a creation nor a draw.
    expect(
      operator.requests.filter(
        ({ verb, resource }) => verb !== 'watch' && verb !== 'list' && resource === 'pods',
      ),
    ).toEqual([]);
    await untilPhase('Promoted');
    const after = new Set((await pods()).map(({ metadata }) => metadata.uid));
    for (const { metadata } of canaries) expect(after).toContain(metadata.uid);
    expect(await versions()).toEqual(all('1.1.0'));
  });
});
