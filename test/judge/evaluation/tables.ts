import { JUDGE_TITLES, type JudgeName } from './judges.ts';
import type { Evaluation } from './evaluate.ts';
import type { JudgeSummary, ScenarioSummary } from './summary.ts';

/** One sentence on what was run. */
export const runLine = ({ seed, scenarios }: Pick<Evaluation, 'seed' | 'scenarios'>): string => {
  const counts = (candidate: ScenarioSummary['candidate']): string => {
    const all = new Set(scenarios.flatMap((each) => (each.candidate === candidate ? [each.replicates] : [])));
    return [...all].toSorted((a, b) => a - b).join(' or ');
  };
  return `The figures below are of the seed \`${seed}\`: ${counts('Harmless')} fleets of each scenario with a harmless candidate, ${counts('Harmful')} with a harmful one.`;
};

/** The four tables of the evaluation, as Markdown. Empty where there is no such scenario. */
export const harmlessTable = (summaries: readonly ScenarioSummary[]): string =>
  judgesTable(summaries, 'Harmless', 'harmless candidate', (judge, { replicates }) => {
    const rolledBack = `${percent(judge.rolledBackShare)} (${judge.rolledBack}/${replicates})`;
    if (judge.judge !== 'Outrigger') return rolledBack;
    return `${rolledBack}; promoted ${percent(judge.promotedShare)}${at(judge.promotedMinute)}`;
  });

export const harmfulTable = (summaries: readonly ScenarioSummary[]): string =>
  judgesTable(summaries, 'Harmful', 'harmful candidate', (judge) => {
    const found = `${percent(judge.rolledBackShare)}${judge.medianMinute === undefined ? '' : `, ${judge.medianMinute} (${judge.p90Minute ?? ''})`}`;
    if (judge.judge !== 'Outrigger') return found;
    const wavered = judge.waveredShare > 0 ? ` (${percent(judge.waveredShare)} more at a look)` : '';
    return `${found}; promoted ${percent(judge.promotedShare)}${wavered}`;
  });

export const unjudgeableTable = (summaries: readonly ScenarioSummary[]): string =>
  judgesTable(
    summaries,
    'Unjudgeable',
    'no data',
    (judge) => `promoted ${percent(judge.promotedShare)}, rolled back ${percent(judge.rolledBackShare)}`,
  );

export const limitTable = (summaries: readonly ScenarioSummary[]): string => {
  const rows = summaries.flatMap(({ title, judges, limit, delayRatios }) => {
    if (limit === undefined) return [];
    const ours = judges.find(({ judge }) => judge === 'Outrigger');
    return [
      [
        title,
        `${minute(limit.halfFound)} / ${minute(limit.mostFound)}`,
        `${minute(limit.oracleHalfFound)} / ${minute(limit.oracleMostFound)}`,
        ...(ours === undefined
          ? []
          : [
              `${minute(ours.halfFound)} / ${minute(ours.mostFound)}`,
              `${times(delayRatios?.half)} / ${times(delayRatios?.most)}`,
              `${times(delayRatios?.oracleHalf)} / ${times(delayRatios?.oracleMost)}`,
            ]),
      ],
    ];
  });
  if (rows.length === 0) return '';
  const withOurs = (rows[0]?.length ?? 0) > 3;
  return markdown([
    ['minutes until half / nine of ten are found', 'limit', 'oracle'].concat(
      withOurs ? ['Outrigger', '× limit', '× oracle'] : [],
    ),
    ...rows,
  ]);
};

const judgesTable = (
  summaries: readonly ScenarioSummary[],
  candidate: ScenarioSummary['candidate'],
  heading: string,
  cell: (judge: JudgeSummary, scenario: ScenarioSummary) => string,
): string => {
  const chosen = summaries.filter((summary) => summary.candidate === candidate);
  const names = Object.keys(JUDGE_TITLES) as JudgeName[];
  const shown = names.filter((name) =>
    chosen.some(({ judges }) => judges.some(({ judge }) => judge === name)),
  );
  if (chosen.length === 0) return '';
  return markdown([
    [heading, ...shown.map((name) => JUDGE_TITLES[name])],
    ...chosen.map((summary) => [
      summary.title,
      ...shown.map((name) => {
        const judge = summary.judges.find((each) => each.judge === name);
        return judge === undefined ? '–' : cell(judge, summary);
      }),
    ]),
  ]);
};

const markdown = ([head = [], ...rows]: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** One digit where it says something. */
const percent = (share: number): string => {
  const value = 100 * share;
  const digits = value > 0 && value < 10 && Math.abs(value - Math.round(value)) > 1e-9 ? 1 : 0;
  return `${value.toFixed(digits)} %`;
};

const at = (value: number | undefined): string => (value === undefined ? '' : ` at ${value}`);
const minute = (value: number | undefined): string => (value === undefined ? 'never' : String(value));
const times = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(1));
