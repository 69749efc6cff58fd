import { parseArgs } from 'node:util';
import { SCENARIOS } from './scenarios.ts';
import { THOUSAND } from './scenarios/thousand.ts';
import { play } from './stage.ts';
import { type Row, rowOf, tableOf } from './table.ts';

const USAGE = `npm run bench:edge [-- --json] [-- --scenario NAME]

  Plays what happens to nodes at the edge on a fleet in this process, with the operator's own code and a virtual clock,
  and prints what was disturbed, where service was missing and for whose sake. docs/edge-scenarios.md explains the columns.

  --json           one JSON document {scenarios: [{scenario, title, nodes, end, lagging, disturbedNodes, …}]}
  --scenario NAME  only this one; may be given more than once
`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    scenario: { type: 'string', multiple: true },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) process.stdout.write(USAGE);
else await bench();

async function bench(): Promise<void> {
  const all = [...SCENARIOS, THOUSAND];
  const names = values.scenario ?? all.map(({ name }) => name);
  for (const name of names) {
    if (all.some((each) => each.name === name)) continue;
    const known = all.map((each) => each.name).join(', ');
    throw new Error(`--scenario: there is no scenario "${name}"; there are ${known}`);
  }
  const rows: Row[] = [];
  for (const scenario of all.filter(({ name }) => names.includes(name))) {
    const from = performance.now();
    const outcome = await play(scenario);
    rows.push(rowOf(outcome, performance.now() - from));
    if (!values.json) process.stderr.write(`${scenario.name}: ${scenario.title}\n`);
    for (const violation of outcome.violations) process.stderr.write(`  broken: ${violation}\n`);
  }
  process.stdout.write(values.json ? `${JSON.stringify({ scenarios: rows })}\n` : `\n${tableOf(rows)}\n`);
  // A table of broken promises is no table.
  if (rows.some(({ violations }) => violations > 0)) process.exitCode = 1;
}
