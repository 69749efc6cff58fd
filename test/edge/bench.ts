import { parseArgs } from 'node:util';
import { installCrds } from '../api/install-crds.ts';
import { startControlPlane } from '../controlplane/start.ts';
import { apiCall, newNamespace } from '../setup/api-call.ts';
import type { Outcome } from './outcome.ts';
import { SCENARIOS } from './scenarios.ts';
import { THOUSAND } from './scenarios/thousand.ts';
import { playSideBySide } from './side-by-side.ts';
import { play, type Scenario } from './stage.ts';
import { REAL } from './stories/real.ts';
import { type Row, rowOf, tableOf } from './table.ts';

const USAGE = `npm run bench:edge [-- --real] [-- --json] [-- --scenario NAME]

  Plays what happens to nodes at the edge on a fleet in this process, with the operator's own code and a virtual clock,
  and prints what was disturbed, where service was missing and for whose sake. docs/edge-scenarios.md explains the columns.

  --real           those that take minutes, and not hours, on a real control plane, which it starts: real API server,
                   scheduler and node controller, real time; all at once, in seven minutes on two cores
  --json           one JSON document {scenarios: [{scenario, title, nodes, end, lagging, disturbedNodes, …}]}
  --scenario NAME  only this one; may be given more than once
`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    real: { type: 'boolean', default: false },
    scenario: { type: 'string', multiple: true },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) process.stdout.write(USAGE);
else await bench();

async function bench(): Promise<void> {
  const all = values.real ? REAL.map(({ scenario }) => scenario) : [...SCENARIOS, THOUSAND];
  const names = values.scenario ?? all.map(({ name }) => name);
  for (const name of names) {
    if (all.some((each) => each.name === name)) continue;
    const known = all.map((each) => each.name).join(', ');
    throw new Error(`--scenario: there is no scenario "${name}"; there are ${known}`);
  }
  const chosen = all.filter(({ name }) => names.includes(name));
  const rows = values.real ? await onRealGround(chosen) : await onTheDouble(chosen);
  const table = `\n${tableOf(rows, { real: values.real })}\n`;
  process.stdout.write(values.json ? `${JSON.stringify({ scenarios: rows })}\n` : table);
  // A table of broken promises is no table.
  if (rows.length < chosen.length || rows.some(({ violations }) => violations > 0)) process.exitCode = 1;
}

async function onTheDouble(scenarios: readonly Scenario[]): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const scenario of scenarios) {
    const from = performance.now();
    rows.push(told(await play(scenario), performance.now() - from));
  }
  return rows;
}

/** Stories that did not go as told have no row; why is said on standard error. */
async function onRealGround(scenarios: readonly Scenario[]): Promise<readonly Row[]> {
  const controlPlane = await startControlPlane();
  try {
    const { kubeconfig, prometheus } = controlPlane;
    const call = apiCall(controlPlane);
    await installCrds(call);
    const cluster = { kubeconfig, prometheus: prometheus?.url ?? '' };
    const endings = await playSideBySide(scenarios, cluster, () => newNamespace(call));
    return [...endings].flatMap(([{ name }, ending]) => {
      if ('outcome' in ending) return [told(ending.outcome, ending.runMs)];
      process.stderr.write(`${name}: ${String(ending.error)}\n`);
      return [];
    });
  } finally {
    await controlPlane.stop();
  }
}

function told(outcome: Outcome, runMs: number): Row {
  if (!values.json) process.stderr.write(`${outcome.scenario}: ${outcome.title}\n`);
  for (const violation of outcome.violations) process.stderr.write(`  broken: ${violation}\n`);
  return rowOf(outcome, runMs);
}
