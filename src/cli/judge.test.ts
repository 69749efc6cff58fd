import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeTrial, type TrialLook, type TrialResult } from '../judge/trial/judge-trial.ts';
import type { MetricVerdict } from '../judge/trial/trial-verdict.ts';
import type { Trial } from '../judge/trial/trial.ts';
import { judge } from './judge.ts';
import type { RolloutEvidence } from './judge/rollout-evidence.ts';

const FILE = {
  horizonMinutes: 4,
  metrics: [{ name: 'errors', kind: 'ratio' }],
  nodes: [
    {
      name: 'edge-1',
      cohort: 'orin',
      candidate: true,
      minutes: [0, 1],
      series: { errors: { total: [9, 9], bad: [0, 1] } },
    },
  ],
};

const UNDECIDED: MetricVerdict = {
  name: 'errors',
  cohorts: [],
  verdict: 'Undecided',
  reason: 'HarmNotRuledOut',
  message: 'errors may be 0.4 % above',
  estimate: 0.004,
  lower: -0.0012,
  upper: 0.01234,
  margin: 0.002,
  nodes: 3,
  controls: 17,
  samples: 1234,
  test: 'Randomisation(exact, 1140 assignments)',
};
const FAIL: MetricVerdict = {
  ...UNDECIDED,
  verdict: 'Fail',
  reason: 'HarmBeyondMargin',
  message: 'errors are 4 % above',
};

const lookOf = (minute: number, metric: MetricVerdict): TrialLook => ({
  minute,
  verdict: metric.verdict,
  reason: metric.reason,
  message: `${metric.name}: ${metric.message}`,
  metrics: [metric],
});

/** Three looks, of which the second brings nothing new. */
const RESULT: TrialResult = {
  looks: [lookOf(2, UNDECIDED), lookOf(3, { ...UNDECIDED, estimate: 0.0041 }), lookOf(4, FAIL)],
  final: { minute: 4, verdict: 'Fail', reason: 'HarmBeyondMargin' },
};

const noCluster = (): Promise<RolloutEvidence> => Promise.reject(new Error('a cluster was asked'));

describe('outrigger judge', () => {
  let folder = '';
  let judged: Trial | undefined;
  const run = async (argv: readonly string[], stdin = '') => {
    const out: string[] = [];
    const err: string[] = [];
    judged = undefined;
    const io = {
      out: (line: string) => void out.push(line),
      err: (line: string) => void err.push(line),
      stdin: () => Promise.resolve(stdin),
    };
    const code = await judge(
      argv,
      io,
      (trial) => {
        judged = trial;
        return RESULT;
      },
      noCluster,
    );
    return { code, out: out.join('\n'), err: err.join('\n') };
  };
  const write = async (text: string): Promise<string> => {
    const path = join(folder, 'wave.json');
    await writeFile(path, text);
    return path;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outrigger-judge-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('prints what the judge says as one JSON document, and nothing else', async () => {
    const { code, out, err } = await run(['--evidence', await write(JSON.stringify(FILE)), '--json']);
    expect([code, JSON.parse(out), err]).toEqual([0, RESULT, '']);
    expect(judged).toMatchObject({ looks: [2, 3, 4], nodes: [{ name: 'edge-1' }] });
  });

  it('prints a table of the looks at which something changed, and of the last', async () => {
    const { code, out } = await run(['--evidence', await write(JSON.stringify(FILE))]);
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'MINUTE  METRIC  VERDICT    REASON            ESTIMATE  INTERVAL          MARGIN  NODES  SAMPLES  TEST',
      '2       errors  Undecided  HarmNotRuledOut   0.4 %     -0.12 % .. 1.2 %  0.2 %   3+17   1234     Randomisation(exact, 1140 assignments)',
      '  errors: errors may be 0.4 % above',
      '',
      '4       errors  Fail       HarmBeyondMargin  0.4 %     -0.12 % .. 1.2 %  0.2 %   3+17   1234     Randomisation(exact, 1140 assignments)',
      '  errors: errors are 4 % above',
      '',
      'Fail(HarmBeyondMargin) at minute 4',
    ]);
  });

  it('reads standard input, with a byte order mark as well', async () => {
    const { code } = await run(['--evidence', '-', '--json'], `\uFEFF${JSON.stringify(FILE)}`);
    expect(code).toBe(0);
    expect(judged?.nodes).toHaveLength(1);
  });

  it('says on standard error which fields mean nothing', async () => {
    const { out, err } = await run(
      ['--evidence', '-', '--json'],
      JSON.stringify({ ...FILE, truth: 'worse' }),
    );
    expect(err).toBe('truth means nothing here: is it misspelt?');
    expect(JSON.parse(out)).toEqual(RESULT);
  });

  it.each<[string, readonly string[], string, RegExp]>([
    ['no file', [], '', /--evidence FILE is needed/],
    [
      'a file that is not there',
      ['--evidence', '/nowhere/wave.json'],
      '',
      /wave\.json cannot be read: ENOENT/,
    ],
    ['what is not JSON', ['--evidence', '-'], '{"nodes": [', /standard input is not JSON: /],
    ['NaN', ['--evidence', '-'], '{\n"bad": [0, NaN]}', /line 2 has NaN, which JSON does not: write null/],
    [
      'several mistakes',
      ['--evidence', '-'],
      '{"metrics": []}',
      /3 things are wrong\n {2}horizonMinutes: Req/,
    ],
    ['a flag that it does not have', ['--fast'], '', /Unknown option '--fast'/],
    [
      'two sources',
      ['--evidence', '-', '--rollout', 'a/b'],
      '',
      /--rollout and --evidence exclude each other/,
    ],
    ['a flag of the other source', ['--evidence', '-', '--wave', 'all'], '', /--wave goes with --rollout/],
    [
      'a rollout without its namespace',
      ['--rollout', 'defects'],
      '',
      /"defects" is not of the form NAMESPACE\/NAME/,
    ],
    ['a rollout with too much', ['--rollout', 'a/b/c'], '', /"a\/b\/c" is not of the form/],
  ])('refuses %s before it judges', async (_, argv, stdin, message) => {
    await expect(run(argv, stdin)).rejects.toThrow(message);
    expect(judged).toBeUndefined();
  });

  it('counts what it does not show', async () => {
    const minutes = Array.from({ length: 30 }, () => 'x');
    const text = JSON.stringify({ ...FILE, nodes: [{ ...FILE.nodes[0], minutes, series: {} }] });
    await expect(run(['--evidence', '-'], text)).rejects.toThrow(/30 things are wrong[^]*\n {2}and 10 more$/);
  });

  it('judges a wave of a rollout, says what is to be known of it, and writes it down', async () => {
    const trial: Trial = {
      falseRollbackRate: 0.01,
      method: 'Auto',
      seed: 's',
      horizonMinutes: 4,
      looks: [2],
      metrics: [{ name: 'errors', kind: 'ratio' }],
      nodes: [],
      undrawn: ['orin'],
      memoryWhole: false,
    };
    const out: string[] = [];
    const err: string[] = [];
    const asked: unknown[] = [];
    const seen: Trial[] = [];
    const io = {
      out: (line: string) => void out.push(line),
      err: (line: string) => void err.push(line),
      stdin: () => Promise.resolve(''),
    };
    const file = join(folder, 'written.json');
    const flags = ['--rollout', 'vision/defects', '--wave', 'canary', '--prometheus', 'http://here:9090'];
    const judgeSeen = (given: Trial) => {
      seen.push(given);
      return RESULT;
    };
    const code = await judge([...flags, '--write-evidence', file, '--json'], io, judgeSeen, async (of) => {
      asked.push(of);
      return { trial, notes: ['wave canary'] };
    });
    expect([code, JSON.parse(out.join('\n')), err]).toEqual([0, RESULT, ['wave canary']]);
    expect(asked).toMatchObject([
      { namespace: 'vision', name: 'defects', wave: 'canary', prometheus: 'http://here:9090' },
    ]);
    await judge(['--evidence', file], io, judgeSeen, noCluster);
    expect(seen).toMatchObject([trial, trial]);

    const unbounded: Trial = { ...trial, metrics: [{ name: 'latency', kind: 'latency' }] };
    const wrote = judge([...flags, '--write-evidence', file], io, judgeSeen, async () => ({
      trial: unbounded,
      notes: [],
    }));
    await expect(wrote).rejects.toThrow(/there is no sample of metric latency/);
  });

  it('shows the look itself where it says more than its metrics', async () => {
    const path = await write(JSON.stringify(FILE));
    const out: string[] = [];
    const io = {
      out: (line: string) => void out.push(line),
      err: () => {},
      stdin: () => Promise.resolve(''),
    };
    await judge(
      ['--evidence', path],
      io,
      () => ({
        ...RESULT,
        looks: [{ ...lookOf(2, UNDECIDED), message: 'the wave is not over' }],
      }),
      noCluster,
    );
    expect(out.join('\n')).toContain('\n  errors: errors may be 0.4 % above\n  the wave is not over\n');
  });

  it('judges by the judge of the operator', async () => {
    const minutes = Array.from({ length: 80 }, (_, index) => index - 60);
    const fleet = Array.from({ length: 12 }, (_, index) => ({
      name: `edge-${index}`,
      cohort: 'orin',
      candidate: index % 4 === 0,
      minutes,
      // Each node has its own rhythm of one failure in twenty or so; a candidate fails half of its requests.
      series: {
        errors: {
          total: minutes.map(() => 100),
          bad: minutes.map((minute) =>
            index % 4 === 0 && minute >= 0 ? 50 : 3 + (((minute + 60) * (index + 3)) % 5),
          ),
        },
      },
    }));
    const text = JSON.stringify({ ...FILE, horizonMinutes: 20, nodes: fleet });
    const out: string[] = [];
    const io = {
      out: (line: string) => void out.push(line),
      err: () => {},
      stdin: () => Promise.resolve(text),
    };
    expect(await judge(['--evidence', '-', '--json'], io, judgeTrial, noCluster)).toBe(0);
    const { looks, final } = JSON.parse(out.join('\n')) as TrialResult;
    expect(looks.map(({ minute }) => minute)).toEqual(Array.from({ length: 19 }, (_, index) => index + 2));
    expect(final.verdict).toBe('Fail');
    expect(looks.find(({ verdict }) => verdict === 'Fail')).toMatchObject({
      minute: final.minute,
      reason: final.reason,
      metrics: [{ name: 'errors', verdict: 'Fail', nodes: 3, controls: 9 }],
    });
  });

  it('says how it is called', async () => {
    expect((await run(['--help'])).out).toContain('--evidence FILE');
  });
});
