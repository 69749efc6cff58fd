import { type Labels, NAME, signature, withoutName } from './promql/labels.ts';
import { type Matcher, matchesAll, metricName } from './promql/matcher.ts';

/** The samples of one series, oldest first. */
export class Series {
  readonly labels: Labels;
  readonly bareLabels: Labels;
  readonly times: number[] = [];
  readonly values: number[] = [];
  /** When the series was marked stale: its target or its line vanished. */
  readonly #ends: number[] = [];

  constructor(labels: Labels) {
    this.labels = labels;
    this.bareLabels = withoutName(labels);
  }

  /** As a real one, takes no second sample for a time and none from before. */
  append(time: number, value: number): void {
    if (time <= (this.times.at(-1) ?? -Infinity)) return;
    this.times.push(time);
    this.values.push(value);
  }

  markStale(time: number): void {
    this.#ends.push(time);
  }

  /** The index of the newest sample in (after, until], where no staleness came after it; else -1. */
  newest(after: number, until: number): number {
    const index = this.firstAfter(until) - 1;
    const time = this.times[index];
    if (time === undefined || time <= after) return -1;
    return this.#ends.some((end) => end >= time && end <= until) ? -1 : index;
  }

  /** The index of the first sample after a time. */
  firstAfter(time: number): number {
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.times[middle] ?? Infinity) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  forgetBefore(time: number): void {
    const count = this.firstAfter(time - 1);
    this.times.splice(0, count);
    this.values.splice(0, count);
    this.#ends.splice(0, this.#ends.findLastIndex((end) => end < time) + 1);
  }
}

/** All series of one Prometheus. */
export class SeriesStore {
  /** Another one whenever a series comes or goes. */
  version = 0;
  readonly #bySignature = new Map<string, Series>();
  readonly #byName = new Map<string, Set<Series>>();

  series(labels: Labels): Series {
    const key = signature(labels);
    const known = this.#bySignature.get(key);
    if (known !== undefined) return known;
    const series = new Series(labels);
    this.version += 1;
    this.#bySignature.set(key, series);
    const name = labels[NAME] ?? '';
    const named = this.#byName.get(name);
    if (named === undefined) this.#byName.set(name, new Set([series]));
    else named.add(series);
    return series;
  }

  select(matchers: readonly Matcher[]): readonly Series[] {
    const name = metricName(matchers);
    const candidates = name === undefined ? this.#bySignature.values() : (this.#byName.get(name) ?? []);
    return [...candidates].filter((series) => matchesAll(matchers, series.labels));
  }

  forgetBefore(time: number): void {
    for (const [key, series] of this.#bySignature) {
      series.forgetBefore(time);
      if (series.times.length > 0) continue;
      this.version += 1;
      this.#bySignature.delete(key);
      this.#byName.get(series.labels[NAME] ?? '')?.delete(series);
    }
  }
}
