import type { LogNoise } from '../fleet-model.ts';
import { tauOf } from '../wander.ts';

/** Of one minute's data: a function of what the node's own noise adds to the log rate. */
export interface MinuteLikelihood {
  /** Log likelihood at z, up to a constant that no hypothesis changes. */
  at(z: number): number;
  /** Its slope, and a curvature > 0 that Newton's steps can rest on. */
  slope(z: number): number;
  curvature(z: number): number;
}

/**
 * What is believed of a node's own noise, slow wander plus flutter, after the minutes so far: a normal of two
 * dimensions, updated minute by minute by the first two moments of the sum (assumed-density filtering). Exact where a
 * minute's likelihood is normal; for counts its error is far below what one minute says.
 */
export class OwnNoiseFilter {
  readonly #keepSlow: number;
  readonly #keepFlutter: number;
  readonly #slowStep: number;
  readonly #flutterStep: number;
  #slow = 0;
  #flutter = 0;
  #slowVariance: number;
  #covariance = 0;
  #flutterVariance: number;
  /** Log likelihood of the minutes seen so far. */
  logLikelihood = 0;

  constructor(noise: LogNoise) {
    this.#keepSlow = Math.exp(-1 / noise.slowTau);
    this.#keepFlutter = Math.exp(-1 / tauOf(noise.carry));
    this.#slowVariance = noise.slow ** 2;
    this.#flutterVariance = noise.minute ** 2;
    this.#slowStep = this.#slowVariance * (1 - this.#keepSlow ** 2);
    this.#flutterStep = this.#flutterVariance * (1 - this.#keepFlutter ** 2);
  }

  copyFrom(other: OwnNoiseFilter): void {
    this.#slow = other.#slow;
    this.#flutter = other.#flutter;
    this.#slowVariance = other.#slowVariance;
    this.#covariance = other.#covariance;
    this.#flutterVariance = other.#flutterVariance;
    this.logLikelihood = other.logLikelihood;
  }

  /** Learns from a minute's data. */
  see(likelihood: MinuteLikelihood): void {
    const mean = this.#slow + this.#flutter;
    const variance = this.#slowVariance + 2 * this.#covariance + this.#flutterVariance;
    const precision = 1 / variance;
    let mode = mean;
    for (let step = 0; step < 12; step += 1) {
      const by =
        (likelihood.slope(mode) - (mode - mean) * precision) / (likelihood.curvature(mode) + precision);
      // A long step may leave the range in which the curvature says anything.
      mode += Math.max(-1, Math.min(1, by));
      if (Math.abs(by) < 1e-4) break;
    }
    const scale = 1 / Math.sqrt(likelihood.curvature(mode) + precision);
    // The trapezoid rule of a curve like a normal's is exact to 1e-8 at steps of one deviation.
    let peak = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < POINTS; k += 1) {
      const z = mode + (k - REACH) * scale;
      const value = likelihood.at(z) - ((z - mean) ** 2 * precision) / 2;
      logs[k] = value;
      if (value > peak) peak = value;
    }
    let mass = 0;
    let first = 0;
    let second = 0;
    for (let k = 0; k < POINTS; k += 1) {
      const weight = Math.exp((logs[k] ?? 0) - peak);
      const z = (k - REACH) * scale;
      mass += weight;
      first += weight * z;
      second += weight * z * z;
    }
    this.logLikelihood += peak + Math.log((mass * scale) / Math.sqrt(2 * Math.PI * variance));
    const shift = first / mass;
    const moved = mode + shift - mean;
    const narrowed = second / mass - shift * shift - variance;
    const slowGain = (this.#slowVariance + this.#covariance) * precision;
    const flutterGain = (this.#flutterVariance + this.#covariance) * precision;
    this.#slow += slowGain * moved;
    this.#flutter += flutterGain * moved;
    this.#slowVariance += slowGain * slowGain * narrowed;
    this.#covariance += slowGain * flutterGain * narrowed;
    this.#flutterVariance += flutterGain * flutterGain * narrowed;
  }

  /** One minute passes. */
  pass(): void {
    const slow = this.#keepSlow;
    const flutter = this.#keepFlutter;
    this.#slow *= slow;
    this.#flutter *= flutter;
    this.#slowVariance = slow * slow * this.#slowVariance + this.#slowStep;
    this.#covariance *= slow * flutter;
    this.#flutterVariance = flutter * flutter * this.#flutterVariance + this.#flutterStep;
  }
}

const REACH = 6;
const POINTS = 2 * REACH + 1;
const logs = new Float64Array(POINTS);
