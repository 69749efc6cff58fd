import type { MetricQuery, MetricsConnection } from '../controller/ports/metrics-source.ts';
import type { Window } from '../judge/window.ts';
import { expectedSamples } from '../judge/window.ts';
import type { PrometheusClient } from './client.ts';
import { parseCounterSum } from './counter-sum.ts';
import { injectMatchers } from './inject-matchers.ts';
import { anyOf, equalAll, labelName } from './matcher.ts';
import { promqlDuration } from './promql-duration.ts';
import { scrapedSelectors } from './histogram-query.ts';
import type { Promql } from './promql.ts';
import type { Series } from './query-result.ts';

export interface ScrapesQuestion {
  readonly query: Exclude<MetricQuery, { readonly kind: 'query' }>;
  readonly connection: MetricsConnection;
  readonly window: Window;
  readonly groupBy: string;
  readonly keys: readonly string[];
}

/**
 * How many scrapes the best judged pod has in one step. Asked only where samples are missing:
 * increase() needs two, so fewer mean that the resolution is too fine and not that a pod is silent.
 * A time in which nothing was scraped says nothing about the interval: as much time before the window is looked at
 * as well, and where most steps that have a scrape have two of them, that is the answer, otherwise the mean.
 * Undefined where that can't be told.
 */
export const scrapesPerSample = async (
  client: PrometheusClient,
  question: ScrapesQuestion,
): Promise<number | undefined> => {
  const { window, groupBy, keys, connection } = question;
  const selectors = scraped(question.query);
  if ('error' in selectors) return undefined;
  const steps = expectedSamples(window);
  const matchers = [...equalAll(connection.matchLabels), anyOf(groupBy, keys)];
  const scrapes = selectors.map(
    (selector) =>
      `count_over_time(${injectMatchers(selector, matchers)}[${promqlDuration(window.resolution)}])`,
  );
  const result = await client.rangeQuery({
    expr: `max by (${labelName(groupBy)}) (${scrapes.join(' or ')})`,
    start: window.from - (steps - 1) * window.resolution,
    end: window.from + steps * window.resolution,
    step: window.resolution,
  });
  if (result.kind === 'unavailable') return undefined;
  const pods = result.series.map(({ points }) => points.filter(([, count]) => Number.isFinite(count)));
  const best = pods.toSorted((a, b) => total(b) - total(a))[0];
  const first = best?.[0];
  if (best === undefined || first === undefined) return undefined;
  const counts = best.map(([, count]) => count).toSorted((a, b) => a - b);
  const usual = counts[Math.floor(counts.length / 2)] ?? 0;
  const since = (window.from + steps * window.resolution - first[0]) / window.resolution + 1;
  return usual >= 2 ? usual : total(best) / since;
};

/** What every scrape of a pod with this metric holds. */
const scraped = (query: ScrapesQuestion['query']): readonly Promql[] | { readonly error: string } => {
  if ('histogram' in query) return scrapedSelectors(query.histogram, `${query.kind}.histogram`);
  return query.kind === 'ratio'
    ? parseCounterSum(query.total, 'ratio.total')
    : parseCounterSum(query.count, 'mean.count');
};

const total = (points: Series['points']): number => points.reduce((sum, [, count]) => sum + count, 0);
