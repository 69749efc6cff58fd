import { disturbedNodes, longestGap, type Outcome, versions } from './outcome.ts';

/** A row of the table: one scenario. Times in ms where the name does not say otherwise. */
export interface Row {
  readonly scenario: string;
  readonly title: string;
  readonly nodes: number;
  /** The model's phase, and how many nodes serve which version. */
  readonly end: string;
  readonly lagging: number;
  readonly disturbedNodes: number;
  readonly maxGapByOutriggerMs: number;
  readonly maxGapByFaultMs: number;
  readonly maxFetching: number;
  readonly maxPrefetching: number;
  readonly maxOutByOutrigger: number;
  readonly maxOut: number;
  readonly violations: number;
  readonly virtualSeconds: number;
  readonly runMs: number;
}

export function rowOf(outcome: Outcome, runMs: number): Row {
  const served = Object.entries(versions(outcome)).map(([version, nodes]) => `${nodes} × ${version}`);
  return {
    scenario: outcome.scenario,
    title: outcome.title,
    nodes: outcome.end.nodes.length,
    end: `${outcome.end.model}: ${served.join(', ')}`,
    lagging: outcome.end.lagging,
    disturbedNodes: disturbedNodes(outcome).length,
    maxGapByOutriggerMs: longestGap(outcome, 'outrigger'),
    maxGapByFaultMs: longestGap(outcome, 'fault'),
    maxFetching: outcome.mostFetching,
    maxPrefetching: outcome.maxPrefetching,
    maxOutByOutrigger: outcome.mostOut.outrigger,
    maxOut: outcome.mostOut.any,
    violations: outcome.violations.length,
    virtualSeconds: outcome.virtualSeconds,
    runMs: Math.round(runMs),
  };
}

const HEADER = [
  'scenario',
  'nodes',
  'in the end',
  'disturbed',
  'longest gap by Outrigger',
  'by the fault',
  'fetching at once (limit)',
  'out at once (by Outrigger)',
];

/** As Markdown, so that the page of the documentation is what was printed. `real`: on a control plane whose time is real. */
export function tableOf(rows: readonly Row[], { real = false }: { readonly real?: boolean } = {}): string {
  const cells = rows.map((row) => [
    row.scenario,
    String(row.nodes),
    row.end,
    String(row.disturbedNodes),
    seconds(row.maxGapByOutriggerMs),
    seconds(row.maxGapByFaultMs),
    `${row.maxFetching} (${row.maxPrefetching})`,
    `${row.maxOut} (${row.maxOutByOutrigger})`,
    ...(real ? [inMinutes(row.virtualSeconds)] : [inMinutes(row.virtualSeconds), seconds(row.runMs)]),
  ]);
  const header = [...HEADER, ...(real ? ['took'] : ['simulated', 'run'])];
  return [line(header), line(header.map(() => '---')), ...cells.map(line)].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function inMinutes(total: number): string {
  const hours = Math.floor(total / 3_600);
  const minutes = Math.floor((total % 3_600) / 60);
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${total % 60} s`;
}
