import { randomStream } from '../../src/judge/random.ts';
import type { RandomStream } from '../../src/judge/random.ts';

/**
 * Random variates from one seeded stream, exact in distribution (to the 32 bits of a uniform) and equal on every
 * machine. Counts by transformed rejection (Hörmann 1993: PTRS, BTRS), gamma by Marsaglia and Tsang (2000), normals by
 * Marsaglia's polar method.
 */
export class Variates {
  readonly uniform: RandomStream;
  #spare = Number.NaN;

  constructor(seed: string) {
    this.uniform = randomStream(seed);
  }

  normal(): number {
    const spare = this.#spare;
    if (!Number.isNaN(spare)) {
      this.#spare = Number.NaN;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spare = y * scale;
      return x * scale;
    }
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform());
  }

  /** Trials up to and with the first success: at least 1. */
  geometric(chance: number): number {
    if (chance >= 1) return 1;
    return 1 + Math.floor(Math.log(1 - this.uniform()) / Math.log1p(-chance));
  }

  /** Scale 1. */
  gamma(shape: number): number {
    // A shape below 1 is that of one more, times a power of a uniform.
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const cube = (1 + c * x) ** 3;
      if (cube <= 0) continue;
      if (Math.log(1 - this.uniform()) < (x * x) / 2 + d - d * cube + d * Math.log(cube)) return d * cube;
    }
  }

  studentT(degrees: number): number {
    return this.normal() / Math.sqrt((2 * this.gamma(degrees / 2)) / degrees);
  }

  poisson(mean: number): number {
    if (mean <= 0) return 0;
    return mean < 10 ? this.#poissonByInversion(mean) : this.#poissonByRejection(mean);
  }

  binomial(n: number, p: number): number {
    if (n <= 0 || p <= 0) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - this.binomial(n, 1 - p);
    return n * p < 10 ? this.#binomialByInversion(n, p) : this.#binomialByRejection(n, p);
  }

  /** Of `n` into classes of these chances (they sum to 1), written to `into` from `offset` on. */
  multinomial(n: number, chances: ArrayLike<number>, into: { [index: number]: number }, offset = 0): void {
    let left = n;
    let rest = 1;
    const last = chances.length - 1;
    for (let i = 0; i < last; i += 1) {
      const chance = chances[i] ?? 0;
      const count = left === 0 || chance <= 0 ? 0 : this.binomial(left, chance / rest);
      into[offset + i] = count;
      left -= count;
      rest -= chance;
    }
    into[offset + last] = left;
  }

  #poissonByInversion(mean: number): number {
    let term = Math.exp(-mean);
    let left = this.uniform();
    let count = 0;
    // The bound ends the search where rounding lets the terms run out before the uniform does.
    while (left > term && count < 200) {
      left -= term;
      count += 1;
      term *= mean / count;
    }
    return count;
  }

  #poissonByRejection(mean: number): number {
    const logMean = Math.log(mean);
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const logInverse = Math.log(1.1239 + 1.1328 / (b - 3.4));
    const quick = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
      const u = this.uniform() - 0.5;
      const v = this.uniform();
      const edge = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / edge + b) * u + mean + 0.43);
      if (edge >= 0.07 && v <= quick) return k;
      if (k < 0 || (edge < 0.013 && v > edge)) continue;
      const bound = k * logMean - mean - logFactorial(k);
      if (Math.log(v) + logInverse - Math.log(a / (edge * edge) + b) <= bound) return k;
    }
  }

  #binomialByInversion(n: number, p: number): number {
    const odds = p / (1 - p);
    let term = Math.exp(n * Math.log1p(-p));
    let left = this.uniform();
    let count = 0;
    while (left > term && count < n) {
      left -= term;
      count += 1;
      term *= (odds * (n - count + 1)) / count;
    }
    return count;
  }

  #binomialByRejection(n: number, p: number): number {
    const spread = Math.sqrt(n * p * (1 - p));
    const b = 1.15 + 2.53 * spread;
    const a = -0.0873 + 0.0248 * b + 0.01 * p;
    const quick = 0.92 - 4.2 / b;
    const alpha = (2.83 + 5.1 / b) * spread;
    const logOdds = Math.log(p / (1 - p));
    const mode = Math.floor((n + 1) * p);
    const peak = logFactorial(mode) + logFactorial(n - mode);
    for (;;) {
      const u = this.uniform() - 0.5;
      const v = this.uniform();
      const edge = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / edge + b) * u + n * p + 0.5);
      if (k < 0 || k > n) continue;
      if (edge >= 0.07 && v <= quick) return k;
      const bound = peak - logFactorial(k) - logFactorial(n - k) + (k - mode) * logOdds;
      if (Math.log((v * alpha) / (a / (edge * edge) + b)) <= bound) return k;
    }
  }
}

const TABLE = new Float64Array(2_048);
for (let k = 2; k < TABLE.length; k += 1) TABLE[k] = (TABLE[k - 1] ?? 0) + Math.log(k);

/** ln k!, by a table and then Stirling's series (the first term left out is below 1e-16 there). */
export const logFactorial = (k: number): number => {
  if (k < TABLE.length) return TABLE[k] ?? 0;
  const inverse = 1 / (k + 1);
  return (
    (k + 0.5) * Math.log(k + 1) -
    (k + 1) +
    0.9189385332046728 +
    inverse * (1 / 12 - inverse * inverse * (1 / 360 - (inverse * inverse) / 1_260))
  );
};
