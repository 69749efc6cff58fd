import { amount, percent } from '../../judge/phrase.ts';
import type { TrialLook, TrialResult } from '../../judge/trial/judge-trial.ts';
import type { MetricVerdict } from '../../judge/trial/trial-verdict.ts';
import type { TrialKind, TrialMetric } from '../../judge/trial/trial.ts';

const HEAD = [
  'MINUTE',
  'METRIC',
  'VERDICT',
  'REASON',
  'ESTIMATE',
  'INTERVAL',
  'MARGIN',
  'NODES',
  'SAMPLES',
  'TEST',
];
const NONE = '-';

/**
 * The looks at which something changed, for people: a row for each metric, and beneath them what it has to say.
 * Of a ratio and a latency the estimate is a share; of the others it is in the metric's own unit.
 */
export function verdictTable({ looks, final }: TrialResult, judged: readonly TrialMetric[]): string {
  const kinds = new Map(judged.map(({ name, kind }) => [name, kind]));
  const shown = looks.filter((look, index) => differs(look, looks[index - 1]) || index === looks.length - 1);
  const rows = shown.map(({ minute, metrics }) =>
    metrics.map((metric) => cells(minute, metric, kinds.get(metric.name))),
  );
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...rows.flat().map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const body = shown.flatMap((look, index) => [...(rows[index] ?? []).map(line), ...sentences(look), '']);
  return [line(HEAD), ...body, `${final.verdict}(${final.reason}) at minute ${final.minute}`].join('\n');
}

/** Numbers move at each look; what they come to does not. */
const differs = (look: TrialLook, before: TrialLook | undefined): boolean =>
  before === undefined || gist(look) !== gist(before);

const gist = ({ verdict, reason, metrics }: TrialLook): string =>
  JSON.stringify([verdict, reason, ...metrics.map((metric) => [metric.name, metric.verdict, metric.reason])]);

function cells(minute: number, metric: MetricVerdict, kind: TrialKind | undefined): readonly string[] {
  const { estimate, lower, upper, margin } = metric;
  const write = kind === 'ratio' || kind === 'latency' ? percent : amount;
  const figure = (value: number | undefined): string =>
    value === undefined || !Number.isFinite(value) ? NONE : write(value);
  return [
    String(minute),
    metric.name,
    metric.verdict,
    metric.reason,
    figure(estimate),
    lower === undefined && upper === undefined ? NONE : `${figure(lower)} .. ${figure(upper)}`,
    figure(margin),
    `${metric.nodes}+${metric.controls}`,
    String(Math.round(metric.samples)),
    metric.test,
  ];
}

/** What each metric has to say, and the look's own sentence where it is more than one of theirs. */
function sentences({ message, metrics }: TrialLook): readonly string[] {
  const said = metrics.map((metric) => `${metric.name}: ${metric.message}`);
  const more = said.some((sentence) => message.endsWith(sentence)) ? [] : [message];
  return [...said, ...more].map((sentence) => `  ${sentence}`);
}
