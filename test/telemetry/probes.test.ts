import { afterEach, beforeEach, expect, it } from 'vitest';
import { SILENT } from '../../src/controller/ports/log.ts';
import { decide } from '../../src/core/decide.ts';
import { KubeClient } from '../../src/kube/client.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { createOperator, type Operator } from '../../src/operator/create-operator.ts';
import { PrometheusEvidenceSource } from '../../src/prometheus/evidence-source.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import { createSimulation, type Simulation } from '../../src/sim/fleet/simulation.ts';
import { health, PASS_WEDGED_MS } from '../../src/telemetry/health.ts';
import { isLeading } from '../../src/telemetry/operator-state.ts';
import { readiness, WATCH_DEAD_MS } from '../../src/telemetry/readiness.ts';
import { NAMESPACE } from '../operator/harness.ts';
import { model, NAME } from '../operator/manifests.ts';
import { Link } from './link.ts';

interface Replica {
  readonly operator: Operator;
  readonly link: Link;
}

let simulation: Simulation;
let replicas: Replica[];

beforeEach(async () => {
  simulation = createSimulation({ seed: 1, nodes: edgeNodes(3) });
  await simulation.start();
  replicas = [];
});

afterEach(async () => {
  let over = false;
  for (const { link } of replicas) link.release();
  const stopped = Promise.allSettled(replicas.map(({ operator }) => operator.stop()));
  void stopped.then(() => (over = true));
  await simulation.clock.runUntil(() => over);
  await simulation.stop();
});

function start(identity: string, refuses: Link['refuses'] = () => false): Replica {
  const { clock, apiServer, prometheus } = simulation;
  const link = new Link(apiServer);
  link.refuses = refuses;
  const operator = createOperator({
    client: new KubeClient(link, { fieldManager: 'outrigger', clock, random: () => 0.5 }),
    clock,
    metrics: new PrometheusEvidenceSource(prometheus.exchange),
    random: () => 0.5,
    log: SILENT,
    settings: { pauseImage: 'registry.example/pause:3.10', prometheusAddress: undefined },
    decide,
    identity,
    lease: { namespace: NAMESPACE, name: 'outrigger' },
  });
  void operator.start();
  const replica = { operator, link };
  replicas.push(replica);
  return replica;
}

const ready = ({ operator }: Replica) => readiness(operator.state, simulation.clock.now());
const healthy = ({ operator }: Replica) => health(operator.state, simulation.clock.now());
const FINE = { ok: true, reasons: [] };

it('both replicas are ready and healthy, the one that leads and the one that waits', async () => {
  const one = start('one');
  expect(ready(one).ok).toBe(false);
  await simulation.clock.advance(5_000);
  const two = start('two');
  await simulation.clock.advance(60_000);
  expect([one, two].map(({ operator }) => isLeading(operator.state))).toEqual([true, false]);
  expect([one, two].map(ready)).toEqual([FINE, FINE]);
  expect([one, two].map(healthy)).toEqual([FINE, FINE]);
  const renewedAt = one.operator.state.term?.renewedAt ?? 0;
  expect(simulation.clock.now() - renewedAt).toBeLessThan(10_000);
});

it('an API server that is away ends readiness and not health, and both come back with it', async () => {
  const one = start('one');
  await simulation.clock.advance(5_000);
  one.link.cut();
  await simulation.clock.advance(WATCH_DEAD_MS - 10_000);
  expect(ready(one)).toEqual(FINE);
  expect(isLeading(one.operator.state)).toBe(false);
  await simulation.clock.advance(20_000);
  const { reasons } = ready(one);
  expect(reasons).toHaveLength(7);
  expect(reasons).toContainEqual(
    expect.stringMatching(/^nodes: the watch is dead, last answer \S+Z \(1\d\d s\): .*ECONNREFUSED/),
  );
  await simulation.clock.advance(3_600_000);
  expect(healthy(one)).toEqual(FINE);
  one.link.mend();
  await simulation.clock.advance(60_000);
  expect(ready(one)).toEqual(FINE);
  expect(isLeading(one.operator.state)).toBe(true);
});

it('one dead watch is enough, and is named alone', async () => {
  const one = start('one');
  await simulation.clock.advance(5_000);
  one.link.cut();
  one.link.mend();
  one.link.refuses = ({ path }) => path.endsWith('/pods');
  await simulation.clock.advance(WATCH_DEAD_MS + 10_000);
  expect(ready(one).reasons).toEqual([expect.stringMatching(/^pods: the watch is dead/)]);
  expect(healthy(one)).toEqual(FINE);
});

it('before the first list it says which resource is missing', async () => {
  const one = start('one', ({ path }) => path.endsWith('/edgerollouts'));
  await simulation.clock.advance(30_000);
  expect(ready(one).reasons).toEqual([
    expect.stringMatching(/^edgerollouts: not read yet, trying since \S+Z \(\d+ s\): .*ECONNREFUSED/),
  ]);
});

it('a call that never ends makes its pass, and so the process, unhealthy', async () => {
  const one = start('one');
  await simulation.clock.advance(5_000);
  one.link.swallows = ({ method, path, query }) =>
    method === 'POST' && path.endsWith('/pods') && query?.['dryRun'] === undefined;
  await simulation.client.apply(RESOURCES.edgeModels, NAMESPACE, NAME, model(), {});
  await simulation.clock.advance(PASS_WEDGED_MS - 60_000);
  expect(one.operator.state.passes).toMatchObject([{ key: `${NAMESPACE}/${NAME}`, step: 'Acting' }]);
  expect(healthy(one)).toEqual(FINE);
  await simulation.clock.advance(120_000);
  expect(healthy(one).reasons).toEqual([
    expect.stringMatching(new RegExp(`^a pass over ${NAMESPACE}/${NAME} has done nothing since`)),
  ]);
  // The lease goes on: nothing but the hung pass is wrong.
  expect(isLeading(one.operator.state)).toBe(true);
});
