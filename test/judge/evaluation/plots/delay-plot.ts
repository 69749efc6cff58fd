import { JUDGE_TITLES, type JudgeName } from '../judges.ts';
import type { ScenarioSummary } from '../summary.ts';
import { circle, INK_OF, line, svg, text } from './svg.ts';

const SHOWN = [
  'err1.5',
  'err2',
  'err5',
  'lat1.2',
  'err2_cls1',
  'lat1.2_cls1',
  'err2_bursty',
  'err2_tdrift',
  'err2_lowtraffic',
  'small_err2',
  'small_lat1.2',
  'err2_margin',
  'err5_margin',
  'lat1.5_margin',
];
const JUDGES: readonly JudgeName[] = ['Outrigger', 'ThresholdTuned', 'MannWhitneyTuned'];
const LABELS = 290;
const PLOT = 360;
const ROW = 42;
const TOP = 64;

/** Minutes until the rollback of those found: from the median (dot) to the ninth of ten (end of the line). */
export const delayPlot = (summaries: readonly ScenarioSummary[]): string => {
  const rows = SHOWN.flatMap((name) => summaries.filter(({ scenario }) => scenario === name));
  const bottom = TOP + rows.length * ROW;
  const x = (minutes: number): number => LABELS + (minutes / 60) * PLOT;
  return svg(LABELS + PLOT + 90, bottom + 30, 'Minutes until a harmful candidate was rolled back', [
    text(
      10,
      18,
      'Minutes until the rollback: median and nine of ten of those found, and how many were found',
      'strong',
    ),
    ...JUDGES.flatMap((judge, i) => [
      circle(16 + i * 190, 32, 4, INK_OF[judge]),
      text(26 + i * 190, 36, JUDGE_TITLES[judge], `small ${INK_OF[judge]}`),
    ]),
    line(16 + JUDGES.length * 190, 27, 16 + JUDGES.length * 190, 38, 'limit', 2),
    text(26 + JUDGES.length * 190, 36, 'limit of the median', 'small limit'),
    ...[0, 15, 30, 45, 60].flatMap((minutes) => [
      line(x(minutes), TOP - 8, x(minutes), bottom - 8, 'grid'),
      text(x(minutes), bottom + 8, String(minutes), 'small middle'),
    ]),
    ...rows.flatMap((summary, row) => rowOf(summary, TOP + row * ROW, x)),
  ]);
};

const rowOf = (
  { title, judges, limit }: ScenarioSummary,
  top: number,
  x: (minutes: number) => number,
): readonly string[] => [
  text(LABELS - 14, top + 15, title, 'small end'),
  ...(limit?.halfFound === undefined
    ? []
    : [line(x(limit.halfFound), top - 4, x(limit.halfFound), top + 28, 'limit', 2)]),
  ...JUDGES.flatMap((name, i) => {
    const found = judges.find(({ judge }) => judge === name);
    if (found === undefined) return [];
    const y = top + i * 11;
    const { medianMinute, p90Minute = medianMinute } = found;
    const share = text(
      x(60) + 8,
      y + 4,
      `${Math.round(100 * found.rolledBackShare)} %`,
      `small ${INK_OF[name]}`,
    );
    if (medianMinute === undefined || p90Minute === undefined) return [share];
    return [
      line(x(medianMinute), y, x(p90Minute), y, INK_OF[name], 2),
      circle(
        x(medianMinute),
        y,
        3.5,
        INK_OF[name],
        `${JUDGE_TITLES[name]}: ${medianMinute}, ${p90Minute} min`,
      ),
      share,
    ];
  }),
];
