import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { TrialResult } from '../judge/trial/judge-trial.ts';
import type { Trial } from '../judge/trial/trial.ts';
import { type Io, UsageError } from './io.ts';
import type { LiveFlags } from './judge/live-evidence.ts';
import { readEvidence } from './judge/read-evidence.ts';
import type { RolloutEvidence } from './judge/rollout-evidence.ts';
import { verdictTable } from './judge/verdict-table.ts';

const USAGE = `outrigger judge --evidence FILE [--json]
outrigger judge --rollout NAMESPACE/NAME [flags] [--json]

  Judges a wave as the operator would, look by look, and prints what it says: the verdict of each metric with
  estimate, 90 % interval, margin, sample sizes and a sentence.

  --evidence FILE  what was measured, as docs/evidence-file.md describes it; - reads standard input. Needs no cluster
                   and no Prometheus
  --json           every look, as one JSON document; without it a table of the looks at which something changed

  Or replays a wave of an EdgeRollout: who ran what from the candidate's record, samples from Prometheus.

  --rollout NAMESPACE/NAME
  --wave NAME            default: the newest that is measured
  --memory FILE          a record that was kept (kubectl get configmap NAME -o yaml); default: the newest in the cluster
  --prometheus URL       instead of the one that the rollout names, as through a port-forward; where neither names one,
                         the operator's default
  --kubeconfig FILE      default: $KUBECONFIG, the service account of the pod, ~/.kube/config
  --context NAME         a context of the kubeconfig other than its current one
  --write-evidence FILE  also writes what was measured, for --evidence

  Exit code: 0 whatever the verdict is (read .final of --json), 2 where something is missing or cannot be judged.

Examples:
  outrigger judge --evidence wave.json
  outrigger judge --evidence - --json < wave.json | jq -r .final.verdict
  outrigger judge --rollout vision/defect-detector --wave canary --prometheus http://127.0.0.1:9090
`;

/** Flags that mean something with --rollout only. */
const LIVE = ['memory', 'wave', 'prometheus', 'kubeconfig', 'context', 'write-evidence'] as const;

/**
 * Judges a file, or a wave of a rollout, with `judgeTrial`; the exit code.
 * @param fetched what was measured of a rollout's wave
 */
export async function judge(
  argv: readonly string[],
  io: Pick<Io, 'out' | 'err' | 'stdin'>,
  judgeTrial: (trial: Trial) => TrialResult,
  fetched: (flags: LiveFlags) => Promise<RolloutEvidence>,
): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      evidence: text,
      rollout: text,
      memory: text,
      wave: text,
      prometheus: text,
      kubeconfig: text,
      context: text,
      'write-evidence': text,
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    io.out(USAGE);
    return 0;
  }
  const { evidence, rollout } = values;
  let trial: Trial;
  if (rollout === undefined) {
    if (evidence === undefined) {
      throw new UsageError(
        '--evidence FILE is needed: what was measured, or - for standard input; or --rollout NAMESPACE/NAME',
      );
    }
    const astray = LIVE.find((flag) => values[flag] !== undefined);
    if (astray !== undefined) throw new UsageError(`--${astray} goes with --rollout, not with --evidence`);
    const read = await readEvidence(evidence, io.stdin);
    for (const { path, message } of read.ignored) io.err(`${path} ${message}`);
    ({ trial } = read);
  } else {
    if (evidence !== undefined) throw new UsageError('--rollout and --evidence exclude each other');
    const { memory, wave, prometheus, kubeconfig, context } = values;
    const found = await fetched({ ...place(rollout), memory, wave, prometheus, kubeconfig, context });
    for (const note of found.notes) io.err(note);
    ({ trial } = found);
    const file = values['write-evidence'];
    if (file !== undefined) await write(file, trial);
  }
  const result = judgeTrial(trial);
  io.out(values.json ? JSON.stringify(result) : verdictTable(result, trial.metrics));
  return 0;
}

function place(rollout: string): Pick<LiveFlags, 'namespace' | 'name'> {
  const [namespace = '', name = '', ...more] = rollout.split('/');
  if (namespace === '' || name === '' || more.length > 0)
    throw new UsageError(`--rollout "${rollout}" is not of the form NAMESPACE/NAME`);
  return { namespace, name };
}

/** A histogram without a single sample has no bounds, and an evidence file needs them. */
async function write(file: string, trial: Trial): Promise<void> {
  const unbounded = trial.metrics.find(
    ({ kind, bounds = [] }) => (kind === 'latency' || kind === 'drift') && bounds.length === 0,
  );
  if (unbounded !== undefined)
    throw new UsageError(
      `--write-evidence: there is no sample of metric ${unbounded.name}, so that its buckets are not known; without this flag the wave is judged all the same`,
    );
  try {
    await writeFile(file, JSON.stringify(trial));
  } catch (error) {
    throw new UsageError(
      `--write-evidence ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
