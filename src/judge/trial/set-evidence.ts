import type { Assignments } from '../assignments.ts';
import type { Features } from './features.ts';
import { logSumExp } from './features.ts';

/** Evidence of one set of nodes: each metric's, of all cohorts together and of each by itself. */
export interface SetEvidence {
  /** Log of the mixed e-value of everything. */
  readonly all: number;
  /** Log e-value of each metric over all cohorts. */
  readonly pooled: readonly number[];
  /** Log e-value of each metric and cohort. */
  readonly cohorts: readonly (readonly number[])[];
}

/**
 * Half of the weight for a fault of all cohorts, half for a fault of one of them, the same for each metric: an average
 * of e-values is an e-value whatever their dependence.
 *
 * @param metrics features of each metric, nodes as the panel has them
 * @param sets nodes of the set by cohort; a cohort without any counts for nothing
 */
export const evidenceOf = (
  metrics: readonly Features[],
  sets: readonly (readonly number[])[],
): SetEvidence => {
  const used = sets.filter((set) => set.length > 0).length;
  const pooled: number[] = [];
  const cohorts: number[][] = [];
  const parts: number[] = [];
  for (const { width, values, score } of metrics) {
    const total = new Float64Array(width);
    const own: number[] = [];
    for (const set of sets) {
      const sums = new Float64Array(width);
      for (const node of set) {
        for (let i = 0; i < width; i += 1) sums[i] = (sums[i] ?? 0) + (values[node * width + i] ?? 0);
      }
      for (let i = 0; i < width; i += 1) total[i] = (total[i] ?? 0) + (sums[i] ?? 0);
      own.push(set.length === 0 ? 0 : score(sums, 0));
    }
    const together = score(total, 0);
    pooled.push(together);
    cohorts.push(own);
    parts.push(together - Math.log(2 * metrics.length));
    for (const [cohort, value] of own.entries()) {
      if ((sets[cohort]?.length ?? 0) > 0) parts.push(value - Math.log(2 * metrics.length * used));
    }
  }
  return { all: logSumExp(parts), pooled, cohorts };
};

/** Rows that are scored between two pauses. */
const BATCH = 32;

/**
 * The same mixed log e-value for each row of a reference set. A generator, so that whoever runs it can let others have
 * their turn between batches of rows.
 *
 * @param chosen how many nodes of each cohort a row holds, in the order in which it holds them
 */
export function* statisticsOf(
  metrics: readonly Features[],
  { rows, width, members }: Assignments,
  chosen: readonly number[],
): Generator<void, Float64Array> {
  const statistics = new Float64Array(rows);
  const wide = metrics.reduce((sum, each) => sum + each.width, 0);
  const merged = mergedFeatures(metrics, wide);
  const used = chosen.filter((count) => count > 0).length;
  const forAll = -Math.log(2 * metrics.length);
  const forOne = -Math.log(2 * metrics.length * used);
  const sums = new Float64Array(wide);
  const total = new Float64Array(wide);
  const parts = new Float64Array(metrics.length * (used + 1));
  for (let row = 0; row < rows; row += 1) {
    total.fill(0);
    let part = 0;
    let at = row * width;
    for (const count of chosen) {
      if (count === 0) continue;
      sums.fill(0);
      for (let i = 0; i < count; i += 1) {
        const from = (members[at + i] ?? 0) * wide;
        for (let j = 0; j < wide; j += 1) sums[j] = (sums[j] ?? 0) + (merged[from + j] ?? 0);
      }
      at += count;
      for (let j = 0; j < wide; j += 1) total[j] = (total[j] ?? 0) + (sums[j] ?? 0);
      let offset = 0;
      for (const each of metrics) {
        parts[part] = each.score(sums, offset) + forOne;
        part += 1;
        offset += each.width;
      }
    }
    let offset = 0;
    for (const each of metrics) {
      parts[part] = each.score(total, offset) + forAll;
      part += 1;
      offset += each.width;
    }
    statistics[row] = logSum(parts, part);
    if (row % BATCH === BATCH - 1) yield;
  }
  return statistics;
}

const logSum = (values: Float64Array, count: number): number => {
  let highest = -Infinity;
  for (let i = 0; i < count; i += 1) highest = Math.max(highest, values[i] ?? 0);
  let sum = 0;
  for (let i = 0; i < count; i += 1) sum += Math.exp((values[i] ?? 0) - highest);
  return highest + Math.log(sum);
};

/** All metrics' numbers of a node side by side, so that a row is summed in one go. */
const mergedFeatures = (metrics: readonly Features[], wide: number): Float32Array => {
  const nodes = Math.max(0, ...metrics.map(({ values, width }) => values.length / width));
  // Half the size is read in half the time; a row's sum loses nothing that a comparison needs.
  const merged = new Float32Array(nodes * wide);
  let offset = 0;
  for (const { width, values } of metrics) {
    for (let node = 0; node < nodes; node += 1) {
      for (let i = 0; i < width; i += 1) merged[node * wide + offset + i] = values[node * width + i] ?? 0;
    }
    offset += width;
  }
  return merged;
};
