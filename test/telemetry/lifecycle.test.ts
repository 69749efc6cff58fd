import { afterEach, beforeEach, expect, it } from 'vitest';
import { RESOURCES } from '../../src/kube/resource.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import { samples } from '../../src/telemetry/fakes.ts';
import { operatorMetrics } from '../../src/telemetry/operator-metrics.ts';
import { readiness } from '../../src/telemetry/readiness.ts';
import { isThere, type Lab, NAMESPACE, startLab } from '../operator/harness.ts';
import { model, NAME, quickstart, rollout } from '../operator/manifests.ts';

let lab: Lab;
let metrics: ReturnType<typeof operatorMetrics>;

beforeEach(() => {
  metrics = operatorMetrics('0.1.0');
});

afterEach(() => lab.stop());

/** The page of the newest operator, as Prometheus gets it. */
async function scrape(): Promise<string> {
  const state = lab.operators.at(-1)?.operator.state;
  if (state === undefined) throw new Error('no operator runs');
  return (await metrics.exposition(state, lab.now())).body;
}

/** Value of the one sample whose line begins so; undefined where there is none. */
function valueOf(page: string, start: string): number | undefined {
  const [line, second] = samples(page, start);
  if (second !== undefined) throw new Error(`${start} stands for more than one sample`);
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}

const MODEL = `namespace="${NAMESPACE}",model="${NAME}"`;
const ROLLOUT = `namespace="${NAMESPACE}",rollout="${NAME}",model="${NAME}"`;
const outcome = (page: string, name: string) =>
  valueOf(page, `outrigger_rollout_outcomes_total{outcome="${name}"}`);

it('follows a promotion, a rollback and the end of the model', async () => {
  lab = await startLab({ nodes: edgeNodes(30), meter: metrics.meter });
  await lab.apply(quickstart('01-model'));
  await lab.apply(quickstart('02-rollout'));
  await lab.untilReady('2.4.0');
  let page = await scrape();
  expect(valueOf(page, 'outrigger_leader')).toBe(1);
  expect(valueOf(page, 'outrigger_ready')).toBe(1);
  expect(valueOf(page, `outrigger_model_nodes{${MODEL},state="eligible"}`)).toBe(30);
  expect(valueOf(page, `outrigger_model_nodes{${MODEL},state="ready"}`)).toBe(30);
  expect(valueOf(page, `outrigger_model_condition{${MODEL},type="Ready"}`)).toBe(1);
  expect(valueOf(page, `outrigger_model_condition{${MODEL},type="Accepted"}`)).toBe(1);
  expect(valueOf(page, `outrigger_model_reason{${MODEL},reason="Promoted"}`)).toBe(1);
  expect(outcome(page, 'PromotedFirst')).toBe(1);
  expect(outcome(page, 'Promoted')).toBe(0);
  expect(valueOf(page, 'outrigger_stored_objects{resource="pods"}')).toBe(30);

  await lab.apply(quickstart('03-healthy'));
  await lab.untilPhase('Soaking');
  page = await scrape();
  expect(samples(page, 'outrigger_rollout_phase{')).toEqual([
    `outrigger_rollout_phase{${ROLLOUT},phase="Soaking"} 1`,
  ]);
  const since = valueOf(page, 'outrigger_rollout_phase_since') ?? 0;
  expect(lab.now() / 1000 - since).toBeGreaterThanOrEqual(0);
  expect(lab.now() / 1000 - since).toBeLessThan(5);
  expect(valueOf(page, `outrigger_model_condition{${MODEL},type="Ready"}`)).toBe(0);
  await lab.untilReady('2.4.1');
  page = await scrape();
  expect(outcome(page, 'Promoted')).toBe(1);
  expect(valueOf(page, 'outrigger_rollout_last_rollback')).toBeUndefined();

  await lab.apply(quickstart('04-bad'));
  await lab.untilPhase('RolledBack');
  page = await scrape();
  expect(outcome(page, 'RolledBack')).toBe(1);
  expect(outcome(page, 'Promoted')).toBe(1);
  expect(valueOf(page, `outrigger_rollout_phase{${ROLLOUT},phase="RolledBack"}`)).toBe(1);
  expect(valueOf(page, `outrigger_model_condition{${MODEL},type="Stalled"}`)).toBe(1);
  const at = Date.parse((await lab.rollout()).status?.rejected?.[0]?.at ?? '') / 1000;
  expect(valueOf(page, `outrigger_rollout_last_rollback_timestamp_seconds{${ROLLOUT}}`)).toBe(at);
  expect(page).not.toMatch(/Other/);
  expect(page).not.toMatch(/edge-\d|2\.4\.1/);

  await lab.client.delete(RESOURCES.edgeModels, NAMESPACE, NAME);
  await lab.until('the model is gone', async () => !(await isThere(lab, RESOURCES.edgeModels, NAME)));
  await lab.run(2);
  page = await scrape();
  expect(samples(page, 'outrigger_model_')).toEqual([]);
  expect(samples(page, 'outrigger_rollout_phase{')).toEqual([
    `outrigger_rollout_phase{${ROLLOUT},phase="Pending"} 1`,
  ]);
  await lab.client.delete(RESOURCES.edgeRollouts, NAMESPACE, NAME);
  await lab.until('the rollout is gone', async () => !(await isThere(lab, RESOURCES.edgeRollouts, NAME)));
  await lab.run(2);
  const left = samples(await scrape(), 'outrigger_rollout_').filter((line) => !line.includes('outcomes'));
  expect(left).toEqual([]);
});

it('counts what people decide under their own outcomes', async () => {
  lab = await startLab({ meter: metrics.meter });
  await lab.apply(rollout());
  await lab.apply(model());
  await lab.untilReady('1.0.0');
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilPhase('Soaking');
  const { status } = await lab.rollout();
  await lab.annotate(NAME, {
    'outrigger.dev/abort': `${status?.candidate?.revision}.${status?.candidate?.attempt}`,
  });
  await lab.untilPhase('RolledBack');
  const page = await scrape();
  expect(outcome(page, 'AbortedByPerson')).toBe(1);
  expect(outcome(page, 'RolledBack')).toBe(0);
  expect(valueOf(page, 'outrigger_rollout_last_rollback')).toBeUndefined();
  // Going back to what was stable is a revision that is promoted already: nothing is counted twice.
  await lab.apply(model());
  await lab.untilReady('1.0.0');
  expect(outcome(await scrape(), 'PromotedFirst')).toBe(1);
});

it('a restart loses no state and makes up none', async () => {
  lab = await startLab({ meter: metrics.meter });
  await lab.apply(rollout());
  await lab.apply(model());
  await lab.untilReady('1.0.0');
  const gauges = async () => samples(await scrape(), 'outrigger_model_');
  const before = await gauges();
  const old = lab.operators.at(-1)?.operator.state;
  metrics = operatorMetrics('0.1.0');
  const { operator } = lab.restartOperator();
  expect(readiness(operator.state, lab.now()).ok).toBe(false);
  await lab.until('the new one leads', async () => operator.state.term !== undefined);
  await lab.run(5);
  expect(await gauges()).toEqual(before);
  expect(outcome(await scrape(), 'PromotedFirst')).toBe(0);
  expect(readiness(operator.state, lab.now())).toEqual({ ok: true, reasons: [] });
  expect(old?.term).toBeUndefined();
});
