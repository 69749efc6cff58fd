import type { Clock } from '../../controller/clock.ts';
import { type Labels, NAME, signature } from './promql/labels.ts';
import type { Series, SeriesStore } from './series-store.ts';
import type { Target } from './target.ts';
import { headLabels, pageLines } from './text-format.ts';

export interface ScraperOptions {
  readonly clock: Clock;
  readonly store: SeriesStore;
  readonly targets: () => readonly Target[];
  /** Ms between two scrapes of one target. */
  readonly interval: number;
  /** Ms for which samples are kept. */
  readonly retention: number;
}

/** Scrapes are spread over the interval in this many turns. */
const TURNS = 5;
const TRIM_MS = 600_000;

/** What is known of one target between its scrapes. */
class ScrapedTarget {
  readonly #labels: Labels;
  readonly #store: SeriesStore;
  readonly #byHead = new Map<string, Series>();
  #present = new Set<Series>();

  constructor(labels: Labels, store: SeriesStore) {
    this.#labels = labels;
    this.#store = store;
  }

  /** Without a page the scrape has failed. What the last page had and this one has not is marked stale. */
  take(page: string | undefined, now: number): void {
    const present = new Set<Series>();
    for (const { head, value } of page === undefined ? [] : pageLines(page)) {
      const series = this.#series(head);
      series.append(now, value);
      present.add(series);
    }
    for (const series of this.#present) if (!present.has(series)) series.markStale(now);
    this.#present = present;
    this.#series('up').append(now, page === undefined ? 0 : 1);
  }

  vanish(now: number): void {
    for (const series of this.#present) series.markStale(now);
    this.#series('up').markStale(now);
  }

  #series(head: string): Series {
    const known = this.#byHead.get(head);
    // A series that was trimmed away is no longer in the store.
    if (known !== undefined && known.times.length > 0) return known;
    const labels: Record<string, string> = { ...this.#labels };
    for (const [name, value] of Object.entries(headLabels(head))) {
      // The target knows better what it is than its page does.
      labels[name !== NAME && this.#labels[name] !== undefined ? `exported_${name}` : name] = value;
    }
    const series = this.#store.series(labels);
    this.#byHead.set(head, series);
    return series;
  }
}

/** Scrapes what the discovery finds, each target once in every interval. */
export class Scraper {
  /** Scraping stands still: data gets old, and nothing is marked. */
  stopped = false;
  readonly #options: ScraperOptions;
  readonly #known = new Map<string, ScrapedTarget>();
  #turn = 0;
  #trimmedAt = -Infinity;

  constructor(options: ScraperOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, interval } = this.#options;
    while (!signal.aborted) {
      if (!this.stopped) this.#scrapeTurn();
      await clock.sleep(interval / TURNS, signal).catch(() => {});
    }
  }

  #scrapeTurn(): void {
    const { clock, store, targets, retention } = this.#options;
    const now = clock.now();
    const turn = this.#turn++ % TURNS;
    const there = new Set<string>();
    for (const target of targets()) {
      const key = signature(target.labels);
      there.add(key);
      if (turnOf(key) !== turn) continue;
      const known = this.#known.get(key) ?? new ScrapedTarget(target.labels, store);
      this.#known.set(key, known);
      known.take(target.scrape(), now);
    }
    for (const [key, known] of this.#known) {
      if (there.has(key)) continue;
      known.vanish(now);
      this.#known.delete(key);
    }
    if (now - this.#trimmedAt < TRIM_MS) return;
    this.#trimmedAt = now;
    store.forgetBefore(now - retention);
  }
}

/** The same target keeps its turn, so that its scrapes are a whole interval apart. */
function turnOf(key: string): number {
  let sum = 0;
  for (let index = 0; index < key.length; index++) sum = (sum * 31 + key.charCodeAt(index)) >>> 0;
  return sum % TURNS;
}
