import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { operatorMetrics } from '../../src/telemetry/operator-metrics.ts';
import { fault, labelsOf, metricsOf, withoutVariables } from './expressions.ts';

const FILES = join(import.meta.dirname, '../../charts/outrigger/files');
const ALERTS = load(readFileSync(join(FILES, 'alerts.yaml'), 'utf8')) as {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly for?: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  }[];
};
const RULES = ALERTS.groups.flatMap(({ rules }) => rules);

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}
const DASHBOARD = JSON.parse(readFileSync(join(FILES, 'dashboard.json'), 'utf8')) as {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[];
  };
};

/** Metrics that a page may name: a histogram by its series. */
const SERIES = new Map(
  operatorMetrics('0')
    .described()
    .flatMap(({ name, type, labels }) =>
      type === 'histogram'
        ? ['_bucket', '_sum', '_count'].map((end) => [name + end, [...labels, 'le']] as const)
        : [[name, labels] as const],
    ),
);
/** What Prometheus adds to every series, or a central one does. */
const TARGET = ['namespace', 'job', 'instance', 'cluster'];

/** Faults of an expression: does not parse, names a metric or a label that nothing has. */
function faults(expression: string): readonly string[] {
  const text = withoutVariables(expression);
  const broken = fault(text);
  if (broken !== undefined) return [broken];
  const metrics = metricsOf(text);
  const known = new Set([...TARGET, ...metrics.flatMap((name) => SERIES.get(name) ?? [])]);
  return [
    ...metrics.filter((name) => !SERIES.has(name)).map((name) => `no metric ${name}`),
    ...labelsOf(text)
      .filter((label) => !known.has(label))
      .map((label) => `no label ${label}`),
  ];
}

it('this test sees what is wrong', () => {
  expect(faults('sum by (state) (outrigger_model_nodes{model=~"$model"})')).toEqual([]);
  expect(faults('rate(outrigger_reconcile_duration_seconds_bucket[$__rate_interval])')).toEqual([]);
  expect(faults('sum(')).toHaveLength(1);
  expect(faults('outrigger_modelnodes')).toEqual(['no metric outrigger_modelnodes']);
  expect(faults('rate(outrigger_reconcile_duration_seconds[5m])')).toHaveLength(1);
  expect(faults('sum by (node) (outrigger_model_nodes{revision="a"})')).toEqual([
    'no label node',
    'no label revision',
  ]);
});

describe('alerts', () => {
  it.each(RULES)('$alert asks for what is there, and says what to do', ({ expr, labels, annotations }) => {
    expect(faults(expr)).toEqual([]);
    expect(['critical', 'warning', 'info']).toContain(labels['severity']);
    expect(annotations['summary']).toMatch(/^\S.{10,}/);
    expect(annotations['description']?.length).toBeGreaterThan(80);
  });

  it.each(RULES)('$alert links to a heading that exists', ({ annotations }) => {
    const [, page = '', anchor = ''] =
      /^https:\/\/github\.com\/outrigger-dev\/outrigger\/blob\/main\/(docs\/[a-z]+\.md)#([a-z-]+)$/.exec(
        annotations['runbook_url'] ?? '',
      ) ?? [];
    const headings = readFileSync(join(import.meta.dirname, '../..', page), 'utf8')
      .split('\n')
      .flatMap(
        (line) =>
          /^#+ (.*)$/
            .exec(line)?.[1]
            ?.toLowerCase()
            .replaceAll(/[^a-z0-9 -]/g, '')
            .replaceAll(' ', '-') ?? [],
      );
    expect(headings).toContain(anchor);
  });

  it('have names of their own', () => {
    expect(new Set(RULES.map(({ alert }) => alert)).size).toBe(RULES.length);
    expect(RULES.length).toBeGreaterThan(10);
  });
});

describe('the dashboard', () => {
  const panels = DASHBOARD.panels.filter(({ type }) => type !== 'row');
  const expressions = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, expr })),
  );

  it.each(expressions)('"$title" asks for what is there: $expr', ({ expr }) => {
    expect(faults(expr)).toEqual([]);
  });

  it('takes its data source, namespaces and models from variables', () => {
    expect(DASHBOARD.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['namespace', 'query'],
      ['model', 'query'],
    ]);
    const queries = DASHBOARD.templating.list.flatMap(({ definition }) => definition ?? []);
    for (const query of queries) {
      const [, selector = '', label = ''] = /^label_values\((.*), ([a-z]+)\)$/.exec(query) ?? [];
      expect(faults(selector)).toEqual([]);
      expect(SERIES.get(metricsOf(withoutVariables(selector))[0] ?? '')).toContain(label);
    }
    const sources = panels.flatMap(({ datasource, targets = [] }) => [
      datasource,
      ...targets.map((each) => each.datasource),
    ]);
    expect(new Set(sources.map((each) => each?.uid))).toEqual(new Set(['${datasource}']));
    const used = expressions.flatMap(({ expr }) => expr.match(/\$\{?\w+\}?/g) ?? []);
    expect(new Set(used)).toEqual(new Set(['$namespace', '$model', '$__rate_interval', '$__range']));
  });

  it('has panels of one place each', () => {
    expect(new Set(DASHBOARD.panels.map(({ id }) => id)).size).toBe(DASHBOARD.panels.length);
    const cells = DASHBOARD.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)}/${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...DASHBOARD.panels.map(({ gridPos }) => gridPos.x + gridPos.w))).toBe(24);
  });

  it('shows every metric of models and rollouts', () => {
    const shown = new Set(expressions.flatMap(({ expr }) => metricsOf(withoutVariables(expr))));
    const gauges = [...SERIES.keys()].filter((name) => /^outrigger_(model|rollout)_/.test(name));
    expect(gauges.filter((name) => !shown.has(name))).toEqual([]);
  });
});
