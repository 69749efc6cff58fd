/** One line of a family: `labels` is empty or `{a="b"}`, `suffix` is what histograms append to the name. */
export interface Exposed {
  readonly labels: string;
  readonly value: number;
  readonly suffix?: string;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Exposed[];
}

/** The Prometheus text format, version 0.0.4. */
export function expose(families: readonly Family[]): string {
  const lines: string[] = [];
  for (const { name, help, type, samples } of families) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const { labels, value, suffix } of samples) lines.push(`${name}${suffix ?? ''}${labels} ${value}`);
  }
  return `${lines.join('\n')}\n`;
}

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** Upper bounds, ascending, without +Inf. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    let index = 0;
    while (index < this.#bounds.length && value > (this.#bounds[index] ?? Infinity)) index++;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  samples(): Exposed[] {
    let total = 0;
    const buckets = this.#counts.map((count, index) => {
      total += count;
      const bound = this.#bounds[index];
      // Prometheus writes whole bounds as floats, and its clients do the same.
      const le = bound === undefined ? '+Inf' : Number.isInteger(bound) ? `${bound}.0` : String(bound);
      return { suffix: '_bucket', labels: `{le="${le}"}`, value: total };
    });
    return [
      ...buckets,
      { suffix: '_sum', labels: '', value: this.#sum },
      { suffix: '_count', labels: '', value: total },
    ];
  }
}
