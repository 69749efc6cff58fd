import { freezeAt, lookAt } from '../../src/judge/trial/session.ts';
import type { WaveDesign } from '../../src/judge/trial/session.ts';
import { layOut } from '../../src/judge/trial/panel.ts';
import type { Series, Track, TrialMetric } from '../../src/judge/trial/trial.ts';
import { randomStream } from '../../src/judge/random.ts';

/*
 * What one look costs at the largest size that is ever judged: 10 cohorts of 256 candidates and 256 controls, 6 metrics.
 * CPU time of the process, and the longest stretch between two pauses, in which the event loop would have its turn.
 */
const COHORTS = 10;
const ARM = 256;
const HISTORY = 120;
const SOAK = 60;
const BUCKETS = [0, 1, 5, 20, 40, 20, 10, 3, 1, 0, 0, 0];

const METRICS: readonly TrialMetric[] = [
  { name: 'errors', kind: 'ratio', maxIncrease: { relative: 0.5, absolute: 0.002 } },
  { name: 'timeouts', kind: 'ratio', maxIncrease: { relative: 0.5, absolute: 0.002 } },
  { name: 'latency', kind: 'latency', maxIncrease: { relative: 0.15 } },
  { name: 'queue', kind: 'latency', maxIncrease: { relative: 0.15 } },
  { name: 'confidence', kind: 'mean', maxDecrease: { relative: 0.05 } },
  { name: 'scores', kind: 'drift', maxPsi: 0.2 },
];

const random = randomStream('bench');
const minutes = Array.from({ length: HISTORY + SOAK }, (_, at) => at - HISTORY);

function seriesOf({ kind }: TrialMetric): Series {
  if (kind === 'ratio')
    return { total: minutes.map(() => 100), bad: minutes.map(() => Math.round(random())) };
  if (kind === 'mean') return { count: minutes.map(() => 100), sum: minutes.map(() => 90 + random()) };
  return { buckets: minutes.map(() => BUCKETS.map((count) => count + Math.round(random()))) };
}

const nodes: Track[] = [];
for (let cohort = 0; cohort < COHORTS; cohort += 1) {
  for (let node = 0; node < 2 * ARM; node += 1) {
    nodes.push({
      name: `${cohort}-${node}`,
      cohort: `cohort-${cohort}`,
      candidate: node < ARM,
      minutes,
      series: Object.fromEntries(METRICS.map((metric) => [metric.name, seriesOf(metric)])),
    });
  }
}

const design: WaveDesign = {
  falseRollbackRate: 0.0025,
  method: 'Auto',
  seed: 'bench',
  horizonMinutes: SOAK,
  metrics: METRICS,
  undrawn: [],
  memoryWhole: true,
};

const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

function measured<Result>(title: string, work: Generator<void, Result>): Result {
  const begin = cpu();
  let longest = 0;
  let at = begin;
  let step = work.next();
  for (;;) {
    const now = cpu();
    longest = Math.max(longest, now - at);
    at = now;
    if (step.done === true) break;
    step = work.next();
  }
  process.stdout.write(
    `${title.padEnd(52)} ${(at - begin).toFixed(0).padStart(6)} ms CPU, longest stretch ${longest.toFixed(0)} ms\n`,
  );
  return step.value;
}

const history = measured('laying out history and soak', layOut({ nodes, metrics: METRICS }));
const baselines = measured('freezing the past, once a wave', freezeAt(history, 2));
const soak = measured('laying out the soak, each look', layOut({ nodes, metrics: METRICS }, 0));
let { memory } = measured('a first look, and the compiler', lookAt(design, baselines, soak, 42, {}));
({ memory } = measured('a look with the randomisation test', lookAt(design, baselines, soak, 60, memory)));
measured('a look between two of those', lookAt(design, baselines, soak, 61, memory));
