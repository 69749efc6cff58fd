import type { Evidence } from '../../judge/evidence.ts';
import { commonBounds } from '../histogram/common-bounds.ts';
import type { CommonBounds } from '../histogram/common-bounds.ts';
import type { KeyIntervals } from '../histogram/interval.ts';
import { addedUp } from '../histogram/interval.ts';
import type { MetricQuery } from '../ports/metrics-source.ts';
import type { Ask } from './ask.ts';
import { chunked } from './ask.ts';
import type { AnswerBuckets, BucketForm } from './bound-ids.ts';
import { BoundIds, CLASSIC, NATIVE } from './bound-ids.ts';
import { BucketPool } from './bucket-pool.ts';
import { BucketReader } from './bucket-reader.ts';
import { BucketRow, BucketTable } from './bucket-row.ts';
import { CountTable } from './count-row.ts';
import { lateAsk } from './late-ask.ts';
import { LatePlan } from './late-plan.ts';
import type { Row } from './row.ts';
import type { StretchName, TimeAxis } from './time-axis.ts';
import { columnEndingAt, stepOfColumn, widthOf } from './time-axis.ts';

/** The kinds that have a sample for each step; a `query` is asked for as a whole. */
export type SampledQuery = Exclude<MetricQuery, { readonly kind: 'query' }>;
type Samples = Extract<Evidence, { kind: 'samples' }>;

/** Pods times steps in one question, so that reading its answer holds nobody up: some 3 MB of JSON either way. */
const MOST_CELLS = { counts: 32_768, buckets: 4096 };
/** More buckets tell a judge no more. */
const MOST_BOUNDS = 64;
/** An answer over more columns than this is one to a question that nobody asked in time. */
const CATCHING_UP = 3;

/** Where a metric's label values are asked: their past, and the window. */
export interface Roster {
  readonly past: readonly string[];
  readonly present: readonly string[];
}

/** What is known of one metric of one candidate: which samples came, when, and what to ask for next. */
export class MetricStore {
  readonly query: SampledQuery;
  readonly axis: TimeAxis;
  /** Most scrapes that a pod has in one step, where that was looked up. */
  scrapesPerSample: number | undefined;
  readonly #rows: Readonly<Record<StretchName, Map<string, Row>>> = {
    coarse: new Map(),
    history: new Map(),
    window: new Map(),
  };
  readonly #tables: Readonly<Record<StretchName, CountTable | BucketTable>>;
  readonly #late = { history: new LatePlan(), window: new LatePlan() };
  readonly #ids = new BoundIds();
  readonly #pools = { [NATIVE]: new BucketPool(this.#ids), [CLASSIC]: new BucketPool(this.#ids) };
  readonly #declared = { classic: new Set<number>(), native: new Set<number>() };
  /** Whether native histograms were shared out between classic bounds in any answer. */
  #mixed = false;
  /** What was wrong with the bounds in the newest answer on the same pods: what was merged does not show it any more. */
  readonly #differ = new Map<string, string>();

  constructor(query: SampledQuery, axis: TimeAxis) {
    this.query = query;
    this.axis = axis;
    const { coarse, history } = axis.columns;
    this.#tables = {
      coarse: this.#newTable(coarse),
      history: this.#newTable(history),
      window: this.#newTable(undefined),
    };
  }

  row(stretch: StretchName, key: string): Row | undefined {
    return this.#rows[stretch].get(key);
  }

  /** The bounds for all samples that are known now; undefined for other metrics than histograms. */
  bounds(): CommonBounds | undefined {
    if (!this.#isHistogram()) return undefined;
    const common = commonBounds(
      {
        classic: this.#pools[CLASSIC].intervals(),
        native: this.#pools[NATIVE].intervals(),
        declared: this.#declared,
        byKey: (form) => this.#byKey(form === 'classic' ? CLASSIC : NATIVE),
      },
      MOST_BOUNDS,
    );
    const [differ] = this.#differ.values();
    return {
      ...common,
      ...(this.#mixed && { form: 'Mixed' }),
      ...(differ !== undefined && { differ }),
    };
  }

  reader(bounds: readonly number[]): BucketReader {
    return new BucketReader(bounds, this.#ids);
  }

  /**
   * What to ask for now that so many columns of the window are over: what is new, the past of who has none yet,
   * and at times once more for what is still missing.
   */
  plan(roster: Roster, columns: number): readonly Ask[] {
    const { history, coarse } = this.axis.columns;
    const asks = [
      ...this.#unasked('window', roster.present, columns),
      ...this.#unasked('history', roster.past, history),
      ...this.#unasked('coarse', roster.past, coarse),
    ].flatMap((ask) => chunked(ask, this.#mostCells()));
    return [...asks, ...this.#lateAsks(roster, columns)];
  }

  /** Takes an answer in. `step`: the step that the time of the answer lies in; `columns`: as in the plan. */
  ingest(ask: Ask, evidence: Samples, step: number, columns: number): void {
    const { stretch, keys, late } = ask;
    // Of the newest such question: where it was not looked up, few pods lack samples.
    if (late && stretch === 'window') this.scrapesPerSample = evidence.scrapesPerSample;
    const asked = new Set(keys);
    const buckets = this.#answerBuckets(evidence);
    if (!late) this.#noteDiffering(`${stretch} ${keys[0]}`, evidence);
    const catchingUp = !late && (stretch !== 'window' || ask.end - ask.first > CATCHING_UP);
    let found = 0;
    for (const { key, minutes } of evidence.samples) {
      if (!asked.has(key)) continue;
      const row = this.#rowOf(stretch, key);
      for (const sample of minutes) {
        const column = columnEndingAt(this.axis, stretch, sample.at);
        if (column < ask.first || column >= ask.end) continue;
        // Nobody looked when it came; had somebody, it would have been there.
        const atOnce = stepOfColumn(this.axis, stretch, column) + widthOf(stretch);
        if (row.merge(column, sample, catchingUp ? atOnce : step, buckets)) found += 1;
      }
    }
    for (const key of keys) {
      const row = this.#rowOf(stretch, key);
      row.asked = Math.max(row.asked, ask.end);
      if (late || stretch !== 'window') continue;
      if (row.has(ask.end - 1) && ask.first > 0 && !row.has(ask.first - 1))
        this.#late.window.returned(columns);
    }
    if (late && stretch !== 'coarse') {
      const plan = this.#late[stretch];
      plan.asked(columns, found, plan.cursor > 0);
    }
  }

  *#byKey(form: BucketForm): Generator<KeyIntervals> {
    for (const rows of Object.values(this.#rows)) {
      for (const [key, row] of rows) {
        if (!(row instanceof BucketRow)) continue;
        const columns = Array.from({ length: row.asked }, (_, column) => column);
        const own = columns.filter((column) => row.has(column) && row.form(column) === form);
        yield { key, intervals: addedUp(own.map((column) => row.intervals(column))) };
      }
    }
  }

  #noteDiffering(chunk: string, { bucketsDiffer, samples }: Samples): void {
    if (bucketsDiffer !== undefined) this.#differ.set(chunk, bucketsDiffer);
    else if (samples.length > 0) this.#differ.delete(chunk);
  }

  /** At most two questions: for those that are as far as most, and for those that are behind. */
  #unasked(stretch: StretchName, keys: readonly string[], end: number): Ask[] {
    const rows = keys.map((key) => [key, this.#rows[stretch].get(key)?.asked ?? 0] as const);
    const behind = rows.filter(([, asked]) => asked < end);
    const furthest = Math.max(0, ...new Set(behind.map(([, asked]) => asked)));
    const groups = [
      behind.filter(([, asked]) => asked === furthest),
      behind.filter(([, asked]) => asked < furthest),
    ];
    return groups
      .filter((group) => group.length > 0)
      .map((group) => ({
        stretch,
        first: Math.min(...new Set(group.map(([, asked]) => asked))),
        end,
        keys: group.map(([key]) => key),
        late: false,
      }));
  }

  #lateAsks(roster: Roster, columns: number): Ask[] {
    return (['window', 'history'] as const).flatMap((stretch) => {
      const plan = this.#late[stretch];
      if (!plan.due(columns)) return [];
      const keys = stretch === 'window' ? roster.present : roster.past;
      const ask = lateAsk(stretch, keys, this.#rows[stretch], plan.cursor, this.#mostCells());
      plan.cursor = ask?.next ?? 0;
      if (ask === undefined) return [];
      return [ask.ask];
    });
  }

  #answerBuckets({ bounds, histograms }: Samples): AnswerBuckets | undefined {
    if (bounds === undefined || histograms === undefined) return undefined;
    const isNative = histograms === 'Native';
    const declared = isNative ? this.#declared.native : this.#declared.classic;
    for (const bound of bounds) declared.add(bound);
    this.#mixed ||= histograms === 'Mixed';
    const ends = [-Infinity, ...bounds, Infinity].map((bound) => this.#ids.of(bound));
    if (!ends.every((id) => id !== undefined)) return undefined;
    return { ends, form: isNative ? NATIVE : CLASSIC };
  }

  #rowOf(stretch: StretchName, key: string): Row {
    const rows = this.#rows[stretch];
    const known = rows.get(key);
    if (known !== undefined) return known;
    const row = this.#tables[stretch].addRow();
    rows.set(key, row);
    return row;
  }

  #newTable(columns: number | undefined): CountTable | BucketTable {
    return this.#isHistogram()
      ? new BucketTable(this.#ids, this.#pools, columns)
      : new CountTable(this.query.kind === 'mean', columns);
  }

  #isHistogram(): boolean {
    return 'histogram' in this.query;
  }

  #mostCells(): number {
    return this.#isHistogram() ? MOST_CELLS.buckets : MOST_CELLS.counts;
  }
}
