import type { MetricVerdict, TrialLook, TrialResult } from './trial-result.ts';

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
 * The looks at which something changed, for people: a row for each metric, and beneath them what the look came to.
 * The estimate, its interval and the margin are as the judge gives them, in the metric's own unit.
 */
export function verdictTable({ looks, final }: TrialResult): string {
  const shown = looks.filter((look, index) => differs(look, looks[index - 1]) || index === looks.length - 1);
  const rows = shown.map(({ minute, metrics }) => metrics.map((metric) => cells(minute, metric)));
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

function cells(minute: number, metric: MetricVerdict): readonly string[] {
  const { estimate, lower, upper, margin } = metric;
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

const figure = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? NONE : String(Number(value.toPrecision(3)));

/** What each metric has to say, once where several say the same, and the look's own sentence. */
function sentences({ message, metrics }: TrialLook): readonly string[] {
  const said = metrics.map((metric) => `${metric.name}: ${metric.message}`);
  const known = metrics.some((metric) => metric.message === message);
  return [...said, ...(known ? [] : [message])].map((sentence) => `  ${sentence}`);
}
