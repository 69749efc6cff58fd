import type { MetricsConnection } from '../controller/ports/metrics-source.ts';
import type { Window } from '../judge/window.ts';
import type { PrometheusClient } from './client.ts';
import { injectMatchers } from './inject-matchers.ts';
import { anyOf, equalAll, labelName } from './matcher.ts';
import { promqlDuration } from './promql-duration.ts';
import { parsePromql } from './promql.ts';

export interface ScrapesQuestion {
  readonly total: string;
  readonly connection: MetricsConnection;
  readonly window: Window;
  readonly groupBy: string;
  readonly keys: readonly string[];
}

/**
 * How many scrapes the best judged pod has in one step. Asked only where samples are missing:
 * increase() needs two, so fewer mean that the resolution is too fine and not that a pod is silent.
 * Undefined where that can't be told.
 */
export const scrapesPerSample = async (
  client: PrometheusClient,
  question: ScrapesQuestion,
): Promise<number | undefined> => {
  const selector = parsePromql(question.total, 'ratio.total');
  if ('error' in selector) return undefined;
  const { window, groupBy, keys, connection } = question;
  const judged = injectMatchers(selector, [...equalAll(connection.matchLabels), anyOf(groupBy, keys)]);
  const length = promqlDuration(window.to - window.from);
  const result = await client.instantQuery({
    expr: `max by (${labelName(groupBy)}) (count_over_time(${judged}[${length}]))`,
    time: window.to,
  });
  if (result.kind === 'unavailable') return undefined;
  const counts = result.series
    .flatMap(({ points }) => points.map(([, count]) => count))
    .filter(Number.isFinite);
  if (counts.length === 0) return undefined;
  return (Math.max(...counts) * window.resolution) / (window.to - window.from);
};
