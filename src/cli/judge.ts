import { parseArgs } from 'node:util';
import type { TrialResult } from '../judge/trial/judge-trial.ts';
import type { Trial } from '../judge/trial/trial.ts';
import { type Io, UsageError } from './io.ts';
import { readEvidence } from './judge/read-evidence.ts';
import { verdictTable } from './judge/verdict-table.ts';

const USAGE = `outrigger judge --evidence FILE [--json]

  Judges the evidence of a wave as the operator would, look by look, and prints what it says: the verdict of each
  metric with estimate, 90 % interval, margin, sample sizes and a sentence. Needs no cluster and no Prometheus.

  --evidence FILE  what was measured, as docs/evidence-file.md describes it; - reads standard input
  --json           every look, as one JSON document; without it a table of the looks at which something changed

  Exit code: 0 whatever the verdict is (read .final of --json), 2 where the file cannot be judged.

Examples:
  outrigger judge --evidence wave.json
  outrigger judge --evidence - --json < wave.json | jq -r .final.verdict
`;

/** Judges a file with `judgeTrial`; the exit code. */
export async function judge(
  argv: readonly string[],
  io: Pick<Io, 'out' | 'err' | 'stdin'>,
  judgeTrial: (trial: Trial) => TrialResult,
): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      evidence: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    io.out(USAGE);
    return 0;
  }
  if (values.evidence === undefined) {
    throw new UsageError('--evidence FILE is needed: what was measured, or - for standard input');
  }
  const { trial, ignored } = await readEvidence(values.evidence, io.stdin);
  for (const { path, message } of ignored) io.err(`${path} ${message}`);
  const result = judgeTrial(trial);
  io.out(values.json ? JSON.stringify(result) : verdictTable(result, trial.metrics));
  return 0;
}
