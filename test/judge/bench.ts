import { parseArgs } from 'node:util';

import { evaluate, type Evaluation } from './evaluation/evaluate.ts';
import { harmfulTable, harmlessTable, limitTable, unjudgeableTable } from './evaluation/tables.ts';
import { WorkerPool } from './evaluation/worker-pool.ts';
import { writeDocs } from './evaluation/write-docs.ts';
import { type Scenario, SCENARIOS, scenarioNamed } from './scenarios.ts';

const USAGE = `npm run bench:judge [-- --scenario NAME] [-- --replicates N] [-- --seed S] [-- --json] [-- --write]

  Draws fleets with a harmless or a harmful candidate, lets Outrigger's judge, a judge by thresholds (as Argo Rollouts and
  Flagger run one) and a rank test (as Kayenta runs one) decide on the same data, and prints how often each was wrong
  and how long it took. docs/judge-evaluation.md explains the columns.

  --scenario NAME  only this one; may be given more than once
  --replicates N   fleets drawn of each scenario; 400 with a harmless candidate and 200 with a harmful one unless told
  --seed S         any text; the same seed draws the same fleets on every machine
  --oracle N       of these, how many the information limit is worked out from; 200 unless told
  --threads N      one for each core unless told
  --json           one JSON document {seed, tuned, scenarios: [{scenario, title, candidate, replicates, judges, limit, delayRatios}]}
  --write          writes the tables and plots of docs/judge-evaluation.md
  --list           the names of the scenarios
`;

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    replicates: { type: 'string' },
    seed: { type: 'string', default: 'outrigger' },
    oracle: { type: 'string', default: '200' },
    threads: { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) process.stdout.write(USAGE);
else if (values.list) for (const { name, title } of SCENARIOS) process.stdout.write(`${name}: ${title}\n`);
else await bench();

async function bench(): Promise<void> {
  if (values.write && values.scenario !== undefined) {
    throw new Error('--write: the documentation shows all scenarios; leave --scenario out');
  }
  const scenarios = values.scenario?.map(scenarioNamed) ?? SCENARIOS;
  const asked = count('--replicates', values.replicates);
  const pool = new WorkerPool(count('--threads', values.threads));
  try {
    const evaluation = await evaluate(pool, {
      scenarios,
      seed: values.seed,
      replicates: (scenario) => asked ?? usual(scenario),
      oracleReplicates: count('--oracle', values.oracle) ?? 0,
      progress: (line) => process.stderr.write(`${line}\n`),
    });
    process.stdout.write(values.json ? `${JSON.stringify(evaluation)}\n` : `${printed(evaluation)}\n`);
    if (values.write) await writeDocs(evaluation);
  } finally {
    await pool.close();
  }
}

function usual({ candidate }: Scenario): number {
  return candidate === 'Harmless' ? 400 : candidate === 'Harmful' ? 200 : 50;
}

function count(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`${flag}: ${text} is not a whole number above 0`);
}

function printed({ scenarios }: Evaluation): string {
  const tables = [harmlessTable, harmfulTable, limitTable, unjudgeableTable].map((table) => table(scenarios));
  return `\n${tables.filter((table) => table !== '').join('\n\n')}`;
}
