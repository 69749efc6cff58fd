import { normalCdf } from '../normal-distribution.ts';
import type { MinuteLikelihood } from './own-noise-filter.ts';

/** What the candidate does to a log error rate or a log latency. */
export type Harm = (log: number) => number;

/** Bad requests of a total, the log rate being `known + z` before the harm. Set anew for each minute. */
export class ErrorsLikelihood implements MinuteLikelihood {
  readonly #harm: Harm;
  #known = 0;
  #total = 0;
  #bad = 0;

  constructor(harm: Harm) {
    this.#harm = harm;
  }

  set(known: number, total: number, bad: number): void {
    this.#known = known;
    this.#total = total;
    this.#bad = bad;
  }

  at(z: number): number {
    const log = Math.min(this.#harm(this.#known + z), LOG_HIGHEST);
    return this.#bad * log + (this.#total - this.#bad) * Math.log1p(-Math.exp(log));
  }

  slope(z: number): number {
    return this.#bad - this.#expected(z);
  }

  curvature(z: number): number {
    return this.#expected(z);
  }

  #expected(z: number): number {
    return this.#total * Math.exp(Math.min(this.#harm(this.#known + z), LOG_HIGHEST));
  }
}

/** The generator's own ceiling of a rate. */
const LOG_HIGHEST = Math.log(0.9);

/** Counts of a lognormal's buckets, the log median being `known + z` before the harm. Set anew for each minute. */
export class LatencyLikelihood implements MinuteLikelihood {
  readonly #harm: Harm;
  readonly #logBounds: Float64Array;
  readonly #within: number;
  #known = 0;
  #counts: readonly number[] = [];
  #value = 0;
  #slope = 0;
  #curvature = 0;
  /** Where the three above were evaluated. */
  #z = Number.NaN;

  constructor(harm: Harm, bounds: readonly number[], within: number) {
    this.#harm = harm;
    this.#logBounds = Float64Array.from(bounds, Math.log);
    this.#within = within;
  }

  set(known: number, counts: readonly number[]): void {
    this.#known = known;
    this.#counts = counts;
    this.#z = Number.NaN;
  }

  at(z: number): number {
    this.#evaluate(z);
    return this.#value;
  }

  slope(z: number): number {
    this.#evaluate(z);
    return this.#slope;
  }

  curvature(z: number): number {
    this.#evaluate(z);
    return this.#curvature;
  }

  #evaluate(z: number): void {
    if (z === this.#z) return;
    this.#z = z;
    const median = this.#harm(this.#known + z);
    const counts = this.#counts;
    const last = this.#logBounds.length;
    this.#value = 0;
    this.#slope = 0;
    this.#curvature = 1e-9;
    for (let b = 0; b <= last; b += 1) {
      const count = counts[b] ?? 0;
      if (count === 0) continue;
      const low = b > 0 ? ((this.#logBounds[b - 1] ?? 0) - median) / this.#within : Number.NEGATIVE_INFINITY;
      const high = b < last ? ((this.#logBounds[b] ?? 0) - median) / this.#within : Number.POSITIVE_INFINITY;
      const chance = Math.max(between(low, high), Number.MIN_VALUE);
      const rate = (density(low) - density(high)) / this.#within / chance;
      this.#value += count * Math.log(chance);
      this.#slope += count * rate;
      this.#curvature += count * rate * rate;
    }
  }
}

/** By the tail that is small, so that little is left to cancel. */
const between = (low: number, high: number): number =>
  low > 0 ? normalCdf(-low) - normalCdf(-high) : normalCdf(high) - normalCdf(low);

const density = (x: number): number => Math.exp((-x * x) / 2) * 0.3989422804014327;
