import { afterEach, expect, it } from 'vitest';
import type { EdgeModel } from '../../src/api/edge-model.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import type { Pod } from '../../src/sim/fleet/pod.ts';
import { createSimulation, type Simulation } from '../../src/sim/fleet/simulation.ts';
import { model, NAMESPACE, operatorOn, settled, type SimulatedOperator } from './simulated-operator.ts';

let simulation: Simulation;
let operator: SimulatedOperator;

afterEach(async () => {
  await settled(simulation, operator.stop());
  await simulation.stop();
});

it('runs a first revision on every node, says so in status, and is silent after', async () => {
  simulation = createSimulation({ seed: 7, nodes: edgeNodes(6) });
  await settled(simulation, simulation.start());
  operator = operatorOn(simulation);
  void operator.start();
  await simulation.client.create(RESOURCES.edgeModels, NAMESPACE, model());
  await simulation.clock.advance(120_000);
  await settled(simulation, operator.idle());

  const pods = await simulation.client.listAll<Pod>(RESOURCES.pods, { namespace: NAMESPACE });
  expect(pods.map(({ spec }) => spec.nodeName).toSorted()).toEqual(
    edgeNodes(6)
      .map(({ name }) => name)
      .toSorted(),
  );
  expect(pods.map(({ status }) => status?.phase)).toEqual(Array.from({ length: 6 }, () => 'Running'));
  const stored = await simulation.client.get<EdgeModel>(RESOURCES.edgeModels, NAMESPACE, 'defects');
  expect(stored.status).toMatchObject({
    observedGeneration: 1,
    version: '1.0.0',
    nodes: { eligible: 6, ready: 6 },
  });
  expect(stored.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True' });
  expect(operator.log.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);

  // Kubelets go on with their heartbeats, and the server ends watches; nothing of that concerns a model.
  const calls = operator.requests.length;
  await simulation.clock.advance(12 * 60_000);
  expect(operator.requests.slice(calls).filter(({ verb }) => verb !== 'watch')).toEqual([]);
});
