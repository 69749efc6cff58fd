import { randomStream } from '../random.ts';
import type { Allowance } from './allowance.ts';
import type { CountsBaseline } from './counts-baseline.ts';
import type { CountCells, Panel } from './panel.ts';

/**
 * Counts as they would be had every node the tolerated harm: those of candidates as they are, to those of controls so
 * many bad requests are added as chance would bring. With them the randomisation test asks whether the candidates are
 * worse than tolerated; under harm of just the margin, added to chance alone, both arms are then alike.
 *
 * Undefined where nothing is tolerated: the counts are as they are, and the test is exact.
 */
export const superposed = (
  { total, bad }: CountCells,
  panel: Panel,
  baseline: CountsBaseline,
  allowances: readonly Allowance[],
  seed: string,
): Float64Array | undefined => {
  if (!allowances.some(({ relative, absolute }) => relative > 0 || absolute > 0)) return undefined;
  const added = bad.slice();
  const { nodes, width, first } = panel;
  for (const [node, { name, cohort, candidate }] of nodes.entries()) {
    if (candidate) continue;
    const { relative, absolute } = allowances[cohort] ?? { relative: 0, absolute: 0 };
    const each = relative * (baseline.rates[node] ?? 0) + absolute;
    // A number for each minute whether it is used or not, so that late samples change none but their own.
    const random = randomStream(`${seed}/${name}`);
    for (let column = -first; column < width; column += 1) {
      const chance = random();
      const cell = node * width + column;
      const requests = total[cell] ?? NaN;
      if (!Number.isNaN(requests)) added[cell] = (bad[cell] ?? 0) + poisson(chance, requests * each);
    }
  }
  return added;
};

/** The Poisson quantile of a chance between 0 and 1; a rounded normal one beyond a mean of 200. */
const poisson = (chance: number, mean: number): number => {
  if (mean <= 0) return 0;
  if (mean > 200) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(chance)));
  let count = 0;
  let probability = Math.exp(-mean);
  let sum = probability;
  while (chance > sum && count < 1000) {
    count += 1;
    probability *= mean / count;
    sum += probability;
  }
  return count;
};

/** Standard normal quantile to 4.5e-4 (Abramowitz and Stegun 26.2.23): a count is rounded by more. */
const normal = (chance: number): number => {
  const p = Math.min(Math.max(chance, 1e-12), 1 - 1e-12);
  const t = Math.sqrt(-2 * Math.log(Math.min(p, 1 - p)));
  const top = 2.515517 + t * (0.802853 + t * 0.010328);
  const bottom = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  const z = t - top / bottom;
  return p < 0.5 ? -z : z;
};
