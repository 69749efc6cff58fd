import { readFile, writeFile } from 'node:fs/promises';

import type { Evaluation } from './evaluate.ts';
import { delayPlot } from './plots/delay-plot.ts';
import { falseRollbackPlot } from './plots/false-rollback-plot.ts';
import { powerPlot } from './plots/power-plot.ts';
import { harmfulTable, harmlessTable, limitTable, runLine, unjudgeableTable } from './tables.ts';

const DOCS = new URL('../../../docs/', import.meta.url);
const PAGE = new URL('judge-evaluation.md', DOCS);

/** Puts the tables between their marks in the page, and the plots beside it. */
export const writeDocs = async (evaluation: Evaluation): Promise<void> => {
  const { scenarios } = evaluation;
  let page = await readFile(PAGE, 'utf8');
  for (const [name, table] of [
    ['run', runLine(evaluation)],
    ['harmless', harmlessTable(scenarios)],
    ['harmful', harmfulTable(scenarios)],
    ['limit', limitTable(scenarios)],
    ['no-data', unjudgeableTable(scenarios)],
  ] as const) {
    page = withTable(page, name, table);
  }
  await writeFile(PAGE, page);
  await writeFile(new URL('judge-power.svg', DOCS), powerPlot(scenarios));
  await writeFile(new URL('judge-false-rollbacks.svg', DOCS), falseRollbackPlot(scenarios));
  await writeFile(new URL('judge-delay.svg', DOCS), delayPlot(scenarios));
};

/** The page with what stands between a table's two marks replaced. */
export const withTable = (page: string, name: string, table: string): string => {
  const from = `<!-- table: ${name} -->`;
  const to = '<!-- end -->';
  const start = page.indexOf(from);
  const end = page.indexOf(to, start);
  if (start < 0 || end < 0)
    throw new Error(`docs/judge-evaluation.md has no place for the table "${name}": ${from} … ${to}`);
  return `${page.slice(0, start + from.length)}\n${table}\n${page.slice(end)}`;
};
