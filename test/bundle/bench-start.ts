import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { installCrds } from '../api/install-crds.ts';
import { missingControlPlane } from '../controlplane/kubernetes-binaries.ts';
import { request } from '../controlplane/request.ts';
import { startControlPlane } from '../controlplane/start.ts';
import { buildImage, ROOT } from './built-image.ts';
import { compare, type Comparison } from './comparison.ts';
import { MeasuredProcess, type Measurement } from './measured-process.ts';

const USAGE = `npm run bench:start [-- --runs N] [-- --json]

  Start time, processor time and memory of the bundle beside the program run from its sources, in turn. The operator is
  measured on a real API server where one can be built (docs/controlplane.md): until it leads, and five seconds later.

  --runs N   of each command with each program, after one that does not count; default 15
  --json     {node, cpus, runs, cases: [{name, figures: {wallMs, cpuMs, …: {sources, bundle, ratio}}}]}
`;

/** Until then the garbage of the start has been collected, or will stay. */
const SETTLE_MS = 5_000;

const LABELS: Readonly<Record<string, string>> = {
  wallMs: 'time, ms',
  cpuMs: 'processor time, ms',
  peakMiB: 'peak memory, MiB',
  rssMiB: 'memory, MiB',
};

type Figures = Readonly<Partial<Record<keyof Measurement, number>>>;

interface Case {
  readonly name: string;
  /** Of one run of a program. */
  readonly measure: (program: string) => Promise<readonly (readonly [name: string, figures: Figures])[]>;
}

interface Result {
  readonly name: string;
  readonly figures: Readonly<Record<string, Comparison>>;
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const runs = Number(values.runs);
if (values.help) process.stdout.write(USAGE);
else if (!Number.isInteger(runs) || runs < 1)
  throw new Error(`--runs is a number from 1, not "${values.runs}"`);
else await bench();

async function bench(): Promise<void> {
  const image = await buildImage();
  const missing = await missingControlPlane({ prometheus: false });
  const cluster = missing === undefined ? await startCluster() : undefined;
  if (missing !== undefined) process.stderr.write(`without the operator on a real API server: ${missing}\n`);
  try {
    const cases = [
      once('--help'),
      once('operator', '--version'),
      once('demo', '--help'),
      ...(cluster === undefined ? [] : [operatorOn(cluster.kubeconfig)]),
    ];
    const results: Result[] = [];
    for (const each of cases) {
      results.push(...(await measureInTurn(each, [join(ROOT, 'src/main.ts'), image.program])));
    }
    tell(results);
  } finally {
    await cluster?.stop();
    await image.remove();
  }
}

function once(...argv: readonly string[]): Case {
  const name = argv.join(' ');
  return {
    name,
    measure: async (program) => {
      const { wallMs, cpuMs, peakMiB } = await new MeasuredProcess([program, ...argv]).ended();
      return [[name, { wallMs, cpuMs, peakMiB }]];
    },
  };
}

function operatorOn(kubeconfig: string): Case {
  const argv = ['operator', '--kubeconfig', kubeconfig, '--leader-elect=false', '--listen='];
  return {
    name: 'operator',
    measure: async (program) => {
      const operator = new MeasuredProcess([program, ...argv]);
      try {
        const { wallMs, cpuMs, peakMiB } = await operator.when('"leading"');
        await sleep(SETTLE_MS);
        const { rssMiB } = await operator.now();
        return [
          ['operator until it leads', { wallMs, cpuMs, peakMiB }],
          ['operator 5 s later', { rssMiB }],
        ];
      } finally {
        await operator.stop();
      }
    },
  };
}

/** Sources and bundle one after the other, and the other way round in every second run. */
async function measureInTurn(
  { name, measure }: Case,
  [sources, bundle]: readonly [string, string],
): Promise<readonly Result[]> {
  const pairs = new Map<string, Map<string, [number, number][]>>();
  for (let run = 0; run <= runs; run += 1) {
    process.stderr.write(`${name}: ${run} of ${runs}\n`);
    const ofBundleFirst = run % 2 === 1 ? await measure(bundle) : undefined;
    const ofSources = await measure(sources);
    const ofBundle = ofBundleFirst ?? (await measure(bundle));
    // The first one fills the caches of the disk.
    if (run === 0) continue;
    for (const [index, [part, figures]] of ofSources.entries()) {
      const collected = pairs.get(part) ?? new Map<string, [number, number][]>();
      pairs.set(part, collected);
      for (const [figure, value] of Object.entries(figures)) {
        const other = ofBundle[index]?.[1][figure as keyof Measurement] ?? NaN;
        collected.set(figure, [...(collected.get(figure) ?? []), [value, other]]);
      }
    }
  }
  return [...pairs].map(([part, collected]) => ({
    name: part,
    figures: Object.fromEntries([...collected].map(([figure, each]) => [figure, compare(each)])),
  }));
}

function tell(cases: readonly Result[]): void {
  const head = { node: process.version, cpus: cpus().length, runs };
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ ...head, cases })}\n`);
    return;
  }
  const lines = [
    `Medians of ${runs} runs in turn, Node ${head.node}, ${head.cpus} CPUs`,
    '',
    '| command | figure | sources | bundle | bundle / sources |',
    '|---|---|---|---|---|',
  ];
  for (const { name, figures } of cases) {
    for (const [figure, { sources, bundle, ratio }] of Object.entries(figures)) {
      const row = [name, LABELS[figure] ?? figure, sources.toFixed(0), bundle.toFixed(0), ratio.toFixed(2)];
      lines.push(`| ${row.join(' | ')} |`);
    }
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function startCluster(): Promise<{ readonly kubeconfig: string; stop(): Promise<void> }> {
  const cluster = await startControlPlane({ prometheus: false });
  await installCrds(async (method, path, body, contentType) => {
    const options = { method, body, ca: cluster.ca, token: cluster.token };
    const reply = await request(
      cluster.url + path,
      contentType === undefined ? options : { ...options, contentType },
    );
    return { status: reply.status, body: JSON.parse(reply.text) };
  });
  return cluster;
}
