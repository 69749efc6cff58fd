import { JUDGE_TITLES, type JudgeName } from '../judges.ts';
import type { ScenarioSummary } from '../summary.ts';
import { INK_OF, line, path, svg, text } from './svg.ts';

const SHOWN = ['err1.5', 'err2', 'err2_cls1', 'lat1.2', 'err2_lowtraffic', 'err2_margin'];
const JUDGES: readonly JudgeName[] = ['Outrigger', 'ThresholdTuned', 'MannWhitneyTuned'];
const COLUMNS = 3;
const WIDTH = 268;
const HEIGHT = 190;
const LEFT = 42;
const TOP = 64;
const PLOT = { width: 204, height: 120 };

/** Share found by minute, one panel for each of six harmful candidates. */
export const powerPlot = (summaries: readonly ScenarioSummary[]): string => {
  const shown = SHOWN.flatMap((name) => summaries.filter(({ scenario }) => scenario === name));
  const rows = Math.ceil(shown.length / COLUMNS);
  const panels = shown.flatMap((summary, i) =>
    panel(summary, LEFT + (i % COLUMNS) * WIDTH, TOP + Math.floor(i / COLUMNS) * HEIGHT),
  );
  const width = COLUMNS * WIDTH + 20;
  return svg(width, TOP + rows * HEIGHT, 'Share of harmful candidates found, by minutes since the switch', [
    text(LEFT - 30, 18, 'Harmful candidates found, by minutes since the switch', 'strong'),
    ...legend(LEFT - 30, 36),
    ...panels,
  ]);
};

const legend = (x: number, y: number): readonly string[] => {
  const entries = [
    ...JUDGES.map((judge) => [INK_OF[judge], JUDGE_TITLES[judge]] as const),
    ['limit', 'most that any judge could'] as const,
  ];
  return entries.flatMap(([ink, title], i) => [
    path(
      [
        [x + i * 205, y - 4],
        [x + i * 205 + 22, y - 4],
      ],
      ink,
    ),
    text(x + i * 205 + 28, y, title, ink),
  ]);
};

const panel = ({ title, judges, limit }: ScenarioSummary, x: number, y: number): readonly string[] => {
  const minutes = limit?.power.length ?? judges[0]?.power.length ?? 60;
  const curve = (power: readonly number[]): readonly (readonly [number, number])[] => [
    [x, y + PLOT.height],
    ...power.map(
      (share, m) => [x + ((m + 1) / minutes) * PLOT.width, y + (1 - share) * PLOT.height] as const,
    ),
  ];
  return [
    text(x, y - 6, title, 'small strong'),
    ...[0, 0.5, 1].flatMap((share) => [
      line(x, y + (1 - share) * PLOT.height, x + PLOT.width, y + (1 - share) * PLOT.height, 'grid'),
      text(x - 5, y + (1 - share) * PLOT.height + 4, `${100 * share} %`, 'small end'),
    ]),
    ...[0, 15, 30, 45, 60].map((minute) =>
      text(x + (minute / minutes) * PLOT.width, y + PLOT.height + 14, String(minute), 'small middle'),
    ),
    ...(limit === undefined ? [] : [path(curve(limit.power), 'limit')]),
    ...JUDGES.toReversed().flatMap((name) =>
      judges.filter(({ judge }) => judge === name).map(({ power }) => path(curve(power), INK_OF[name])),
    ),
  ];
};
