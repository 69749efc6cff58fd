import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly labels: Readonly<Record<string, string>> }[];
  }[];
}
interface RuleTests {
  readonly tests: readonly {
    readonly promql_expr_test?: readonly {
      readonly expr: string;
      readonly exp_samples: readonly unknown[];
    }[];
  }[];
}

const alerts = (load(read('charts/outrigger/files/alerts.yaml')) as Rules).groups.flatMap(
  ({ rules }) => rules,
);
const checks = (load(read('charts/outrigger/files/alerts_test.yaml')) as RuleTests).tests.flatMap(
  ({ promql_expr_test: each = [] }) => each,
);

it.each(alerts)('$alert is seen firing and seen silent', ({ alert }) => {
  const mine = checks.filter(({ expr }) => expr === `ALERTS{alertname="${alert}", alertstate="firing"}`);
  expect(mine.some(({ exp_samples: samples }) => samples.length > 0)).toBe(true);
  expect(mine.some(({ exp_samples: samples }) => samples.length === 0)).toBe(true);
});

it('the page has a row for each alert, with its severity', () => {
  const rows = [...read('docs/telemetry.md').matchAll(/^\| (Outrigger\w+)\s*\| (\w+)\s*\|/gm)];
  expect(rows.map(([, alert, severity]) => [alert, severity])).toEqual(
    alerts.map(({ alert, labels }) => [alert, labels['severity']]),
  );
});
