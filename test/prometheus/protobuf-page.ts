/**
 * A metrics page in Prometheus's protobuf format (io.prometheus.client.MetricFamily, each with its length before it),
 * the only one in which native histograms are scraped. prom-client writes text alone, so the few fields that are
 * needed are encoded here.
 */
export const PROTOBUF_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

export interface HistogramMetric {
  readonly labels: Readonly<Record<string, string>>;
  readonly sum: number;
  /** Classic buckets: cumulative counts by upper bound, without +Inf. */
  readonly classic?: ReadonlyMap<number, number>;
  readonly native?: {
    readonly schema: number;
    readonly zeroThreshold: number;
    readonly zeroCount: number;
    /** Counts by the number of the bucket: bucket i of schema s ends at 2^(i / 2^s). */
    readonly positive: ReadonlyMap<number, number>;
    readonly negative?: ReadonlyMap<number, number>;
  };
  readonly count: number;
}

/** The page of one family of histograms. */
export function histogramPage(name: string, metrics: readonly HistogramMetric[]): Buffer {
  const family = message(
    bytes(1, Buffer.from(name)),
    varint(3, 4n),
    ...metrics.map(({ labels, ...histogram }) =>
      bytes(4, message(...Object.entries(labels).map(labelPair), bytes(7, histogramMessage(histogram)))),
    ),
  );
  return Buffer.concat([rawVarint(BigInt(family.length)), family]);
}

function labelPair([name, value]: readonly [string, string]): Buffer {
  return bytes(1, message(bytes(1, Buffer.from(name)), bytes(2, Buffer.from(value))));
}

function histogramMessage({ sum, count, classic, native }: Omit<HistogramMetric, 'labels'>): Buffer {
  const buckets = [...(classic ?? [])].map(([bound, cumulative]) =>
    bytes(3, message(varint(1, BigInt(cumulative)), double(2, bound))),
  );
  return message(
    varint(1, BigInt(count)),
    double(2, sum),
    ...buckets,
    ...(native === undefined
      ? []
      : [
          varint(5, zigzag(native.schema)),
          double(6, native.zeroThreshold),
          varint(7, BigInt(native.zeroCount)),
          ...sparse(native.negative ?? new Map(), 9),
          ...sparse(native.positive, 12),
        ]),
  );
}

/** Spans of buckets that follow each other, and the difference of each count to the one before. */
function sparse(counts: ReadonlyMap<number, number>, field: number): Buffer[] {
  const fields: Buffer[] = [];
  let previousIndex: number | undefined;
  let previousCount = 0;
  for (const [index, count] of [...counts].toSorted(([a], [b]) => a - b)) {
    // A span of one bucket each: its offset is the gap from the one before, or the first bucket's number.
    const offset = previousIndex === undefined ? index : index - previousIndex - 1;
    fields.push(bytes(field, message(varint(1, zigzag(offset)), varint(2, 1n))));
    fields.push(varint(field + 1, zigzag(count - previousCount)));
    previousIndex = index;
    previousCount = count;
  }
  return fields;
}

const message = (...fields: readonly Buffer[]): Buffer => Buffer.concat(fields);

const varint = (field: number, value: bigint): Buffer =>
  Buffer.concat([rawVarint(BigInt(field << 3)), rawVarint(value)]);

const bytes = (field: number, content: Buffer): Buffer =>
  Buffer.concat([rawVarint(BigInt((field << 3) | 2)), rawVarint(BigInt(content.length)), content]);

function double(field: number, value: number): Buffer {
  const content = Buffer.alloc(8);
  content.writeDoubleLE(value);
  return Buffer.concat([rawVarint(BigInt((field << 3) | 1)), content]);
}

const zigzag = (value: number): bigint => BigInt(value >= 0 ? 2 * value : -2 * value - 1);

function rawVarint(value: bigint): Buffer {
  const found: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) found.push(Number(rest & 127n) | 128);
  found.push(Number(rest));
  return Buffer.from(found);
}
