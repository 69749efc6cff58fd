import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROLLOUT_OUTCOMES } from '../../src/controller/ports/meter.ts';
import { operatorMetrics } from '../../src/telemetry/operator-metrics.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/telemetry.md'), 'utf8');

const documented = PAGE.split('\n').flatMap((line) => {
  const [, name, type, labels = ''] = /^\| `(outrigger_\w+)` \| (\w+) \| ([^|]*) \|/.exec(line) ?? [];
  if (name === undefined) return [];
  return [{ name, type, labels: [...labels.matchAll(/`([a-z_]+)`/g)].map(([, label]) => label) }];
});

const registered = operatorMetrics('0').described();
const own = registered.filter(({ name }) => name.startsWith('outrigger_'));

const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1);

it('the table and the registry have the same metrics, types and labels', () => {
  expect(own.length).toBeGreaterThan(20);
  expect(documented.toSorted(byName)).toEqual(own.toSorted(byName));
});

it('the others are those of the client library, as the page says', () => {
  const others = registered.filter(({ name }) => !name.startsWith('outrigger_'));
  expect(others.length).toBeGreaterThan(10);
  expect(others.filter(({ name }) => !/^(process|nodejs)_/.test(name))).toEqual([]);
});

it('no label can name a node, a pod or a revision', () => {
  const names = new Set(own.flatMap(({ labels }) => labels));
  expect([...names].toSorted()).toEqual([
    'code',
    'dry_run',
    'kind',
    'model',
    'namespace',
    'outcome',
    'phase',
    'reason',
    'resource',
    'rollout',
    'state',
    'type',
    'verb',
    'version',
  ]);
});

it('the page tells of every outcome', () => {
  const outcomes = [...PAGE.matchAll(/^\| ((?!Outrigger)[A-Z]\w+) \|/gm)].map(([, outcome]) => outcome);
  expect(outcomes).toEqual([...ROLLOUT_OUTCOMES]);
});
