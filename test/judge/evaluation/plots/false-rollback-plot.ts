import { JUDGE_TITLES, type JudgeName } from '../judges.ts';
import type { ScenarioSummary } from '../summary.ts';
import { circle, INK_OF, line, svg, text } from './svg.ts';

const SHOWN = [
  'null',
  'null_bursty',
  'null_tdrift',
  'null_lowtraffic',
  'null_shock',
  'null_outage',
  'better',
  'null_margin',
];
/** The rivals as people run them: what an oracle tunes has this rate by its making. */
const JUDGES: readonly JudgeName[] = [
  'Outrigger',
  'Threshold1m',
  'Threshold5m',
  'MannWhitney',
  'MannWhitneyOnce',
];
const LABELS = 300;
const PLOT = 420;
const ROW = 26;
const TOP = 74;

/** Share of harmless candidates rolled back: a row for each fleet, a dot for each judge. */
export const falseRollbackPlot = (summaries: readonly ScenarioSummary[]): string => {
  const rows = SHOWN.flatMap((name) => summaries.filter(({ scenario }) => scenario === name));
  const bottom = TOP + rows.length * ROW;
  const x = (share: number): number => LABELS + share * PLOT;
  return svg(LABELS + PLOT + 30, bottom + 30, 'Share of harmless candidates rolled back', [
    text(10, 18, 'Harmless candidates rolled back', 'strong'),
    ...JUDGES.flatMap((judge, i) => {
      const left = 16 + (i % 3) * 245;
      const top = 36 + Math.floor(i / 3) * 17;
      return [
        mark(judge, left, top - 4, ''),
        text(left + 10, top, JUDGE_TITLES[judge], `small ${INK_OF[judge]}`),
      ];
    }),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      line(x(share), TOP - 8, x(share), bottom - 8, 'grid'),
      text(x(share), bottom + 8, `${100 * share} %`, 'small middle'),
    ]),
    ...rows.flatMap(({ title, judges }, row) => {
      const y = TOP + row * ROW + 6;
      return [
        text(LABELS - 14, y + 4, title, 'small end'),
        line(x(0), y, x(1), y, 'grid'),
        ...JUDGES.toReversed().flatMap((name) =>
          judges
            .filter(({ judge }) => judge === name)
            .map(({ rolledBackShare }) =>
              mark(
                name,
                x(rolledBackShare),
                y,
                `${JUDGE_TITLES[name]}: ${(100 * rolledBackShare).toFixed(1)} %`,
              ),
            ),
        ),
      ];
    }),
  ]);
};

/** The stricter rule of the two of a kind is the smaller dot. */
const mark = (judge: JudgeName, x: number, y: number, label: string): string =>
  circle(x, y, judge === 'Threshold5m' || judge === 'MannWhitneyOnce' ? 3.5 : 5.5, INK_OF[judge], label);
