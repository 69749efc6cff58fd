/** How many nodes of the two arms went dark, of those that could be reached when the wave started. */
export interface DarkArms {
  /** Nodes on which the candidate was started. */
  readonly updated: number;
  readonly dark: number;
  readonly controls: number;
  readonly darkControls: number;
}

/**
 * Below this chance so many of the dark nodes are no accident of the draw. Looser than the judge's rate, because
 * darkness alone also needs two nodes and the failure budget, and because a node that is dark can tell no more.
 */
const CHANCE = 0.1;

const TINY = 1e-9;

/**
 * The dark nodes that are charged to the candidate: those beyond what the control nodes' darkness leads to expect,
 * ceil(n d / m), and none at all where the draw may well have put them there by chance: with all dark nodes of
 * a cohort given, the number among the updated ones is hypergeometric, and its tail P(X >= s) must be at most 10%.
 * Several cohorts are strata: their expectations add up before they are rounded, their distributions are folded. A
 * cohort without controls says nothing.
 */
export function chargedDark(strata: readonly DarkArms[]): number {
  const known = strata.filter(({ controls }) => controls > 0);
  const excess = darkExcess(known);
  return excess > 0 && darkChance(known) <= CHANCE + TINY ? excess : 0;
}

/** Dark nodes beyond the share of the controls that is dark, rounded in favour of the candidate. */
export function darkExcess(strata: readonly DarkArms[]): number {
  const dark = strata.reduce((sum, each) => sum + each.dark, 0);
  const expected = strata.reduce(
    (sum, { updated, controls, darkControls }) =>
      sum + (controls === 0 ? 0 : (updated * darkControls) / controls),
    0,
  );
  return Math.max(0, dark - Math.ceil(expected - TINY));
}

/** P(X >= s) where chance alone decides which of the nodes are the dark ones. */
export function darkChance(strata: readonly DarkArms[]): number {
  let folded = [1];
  for (const each of strata) folded = fold(folded, hypergeometric(each));
  const dark = strata.reduce((sum, each) => sum + each.dark, 0);
  return folded.slice(dark).reduce((sum, chance) => sum + chance, 0);
}

/** P(X = 0), P(X = 1), ...: how many of the dark nodes are among the updated ones. */
function hypergeometric({ updated, dark, controls, darkControls }: DarkArms): number[] {
  const all = dark + darkControls;
  const ln = lnFactorials(updated + controls);
  const choose = (n: number, k: number) =>
    k < 0 || k > n ? -Infinity : (ln[n] ?? 0) - (ln[k] ?? 0) - (ln[n - k] ?? 0);
  const whole = choose(updated + controls, all);
  return Array.from({ length: Math.min(updated, all) + 1 }, (_, k) =>
    Math.exp(choose(updated, k) + choose(controls, all - k) - whole),
  );
}

function lnFactorials(to: number): number[] {
  const ln = [0];
  for (let n = 1; n <= to; n += 1) ln.push((ln[n - 1] ?? 0) + Math.log(n));
  return ln;
}

function fold(a: readonly number[], b: readonly number[]): number[] {
  const sum = Array.from({ length: a.length + b.length - 1 }, () => 0);
  for (const [i, x] of a.entries()) for (const [j, y] of b.entries()) sum[i + j] = (sum[i + j] ?? 0) + x * y;
  return sum;
}
