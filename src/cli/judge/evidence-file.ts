import { z } from 'zod';
import { ROLLOUT_DEFAULTS } from '../../api/defaults.ts';
import { fieldErrors, type FieldError } from '../../api/field-error.ts';
import { fractionOf } from '../../api/fraction.ts';
import type { Track, Trial, TrialMetric } from '../../judge/trial/trial.ts';
import { ErrorList } from './error-list.ts';
import { amount, margin, numeric, rate } from './evidence-number.ts';
import { readSeries } from './evidence-series.ts';

export type EvidenceFile =
  /** `ignored`: fields that mean nothing here, which is how a misspelt one shows. */
  | { readonly ok: true; readonly trial: Trial; readonly ignored: readonly FieldError[] }
  /** The first errors, and how many there are. */
  | { readonly ok: false; readonly errors: readonly FieldError[]; readonly count: number };

/** The first look that has two minutes to see. */
const FIRST_LOOK = 2;
const KINDS = ['ratio', 'latency', 'mean', 'drift'] as const;
const METHODS = ['Auto', 'Randomisation', 'EProcess'] as const;
const INFINITE = /^\+?inf(?:inity)?$/i;

/** Further from the switch than any wave is long: a slip, and an axis that no memory would hold. */
const FARTHEST = 100_000;
const OFF_AXIS = `must be a whole minute between ${-FARTHEST} and ${FARTHEST}`;

const bounds = z
  // The last bucket has no bound; who writes "+Inf" for it says the same.
  .preprocess(
    (list) => (Array.isArray(list) && INFINITE.test(String(list.at(-1))) ? list.slice(0, -1) : list),
    z.array(z.number()).min(1),
  )
  .refine(
    (list) => list.every((bound, index) => index === 0 || bound > (list[index - 1] ?? bound)),
    'must be ascending',
  );

const optional = <S extends z.ZodType>(schema: S) =>
  schema.nullish().transform((value) => value ?? undefined);

const metric = z
  .object({
    name: z.string().min(1),
    kind: z.enum(KINDS),
    bounds: optional(bounds),
    maxIncrease: optional(margin),
    maxDecrease: optional(margin),
    maxPsi: optional(amount),
    slowerThan: optional(amount),
    max: optional(numeric),
    min: optional(numeric),
    minRequestsPerNode: optional(z.number().min(0)),
  })
  .refine(({ kind, bounds: given }) => given !== undefined || (kind !== 'latency' && kind !== 'drift'), {
    path: ['bounds'],
    message: 'Required value: the upper bounds of the buckets, without that of the last',
  });

const node = z.object({
  name: z.string().min(1),
  cohort: z.string(),
  candidate: z.boolean(),
  minutes: z.unknown(),
  arrived: z.unknown().optional(),
  series: z.record(z.string(), z.unknown()),
});

const outline = z.object({
  falseRollbackRate: rate.nullish(),
  method: z.enum(METHODS).nullish(),
  seed: z.union([z.string(), z.number()]).nullish(),
  horizonMinutes: z.int().min(1).max(FARTHEST),
  looks: z.array(z.int().min(1).max(FARTHEST)).min(1).nullish(),
  metrics: z.array(metric).min(1),
  nodes: z.array(node),
  undrawn: z.array(z.string()).nullish(),
  memoryWhole: z.boolean().nullish(),
  resolutionMs: z.number().positive().max(86_400_000).nullish(),
});

type Outline = z.output<typeof outline>;

/**
 * The content of an evidence file (docs/evidence-file.md) as a trial. Samples are checked by hand, not by zod: a file
 * may hold ten million of them. Never throws.
 */
export function parseEvidence(raw: unknown): EvidenceFile {
  const parsed = outline.safeParse(raw);
  if (!parsed.success) {
    const errors = fieldErrors(parsed.error, raw);
    return { ok: false, errors: errors.slice(0, ErrorList.SHOWN), count: errors.length };
  }
  const found = new ErrorList();
  const trial = trialOf(parsed.data, found);
  return found.count > 0
    ? { ok: false, errors: found.first, count: found.count }
    : { ok: true, trial, ignored: ignoredFields(raw) };
}

function trialOf(file: Outline, found: ErrorList): Trial {
  const { horizonMinutes } = file;
  const metrics = new Map<string, TrialMetric>();
  for (const [index, one] of file.metrics.entries()) {
    if (metrics.has(one.name)) found.add(['metrics', index, 'name'], `Duplicate value: ${one.name}`);
    metrics.set(one.name, one);
  }
  const names = new Set<string>();
  const nodes = file.nodes.map((one, index) => {
    if (names.has(one.name)) found.add(['nodes', index, 'name'], `Duplicate value: ${one.name}`);
    names.add(one.name);
    return trackOf(one, metrics, ['nodes', index], found);
  });
  return {
    falseRollbackRate: file.falseRollbackRate ?? fractionOf(ROLLOUT_DEFAULTS.analysis.falseRollbackRate),
    method: file.method ?? ROLLOUT_DEFAULTS.analysis.method,
    seed: String(file.seed ?? ''),
    horizonMinutes,
    looks:
      file.looks === undefined || file.looks === null ? eachMinute(horizonMinutes) : ascending(file.looks),
    metrics: file.metrics,
    nodes,
    ...(file.undrawn && { undrawn: file.undrawn }),
    ...(typeof file.memoryWhole === 'boolean' && { memoryWhole: file.memoryWhole }),
    ...(typeof file.resolutionMs === 'number' && { resolutionMs: file.resolutionMs }),
  };
}

const eachMinute = (horizon: number): readonly number[] =>
  horizon < FIRST_LOOK
    ? [horizon]
    : Array.from({ length: horizon - FIRST_LOOK + 1 }, (_, index) => FIRST_LOOK + index);

const ascending = (looks: readonly number[]): readonly number[] =>
  [...new Set(looks)].toSorted((a, b) => a - b);

function trackOf(
  { name, cohort, candidate, minutes, arrived, series }: Outline['nodes'][number],
  metrics: ReadonlyMap<string, TrialMetric>,
  path: readonly PropertyKey[],
  found: ErrorList,
): Track {
  const axis = readMinutes(minutes, [...path, 'minutes'], found);
  return {
    name,
    cohort,
    candidate,
    minutes: axis,
    arrived: readArrived(arrived, axis.length, [...path, 'arrived'], found),
    series: readSeries(series, metrics, axis.length, [...path, 'series'], found),
  };
}

function readMinutes(raw: unknown, path: readonly PropertyKey[], found: ErrorList): readonly number[] {
  if (!Array.isArray(raw)) {
    found.add(path, raw === undefined ? 'Required value' : 'must be an array of minutes');
    return [];
  }
  const list: readonly unknown[] = raw;
  for (let index = 0; index < list.length; index += 1) {
    const minute = list[index];
    if (!Number.isInteger(minute) || Math.abs(Number(minute)) > FARTHEST)
      found.add([...path, index], OFF_AXIS);
  }
  return raw;
}

/** Undefined: each sample could be seen at once. Null for the whole: none ever could. */
function readArrived(
  raw: unknown,
  length: number,
  path: readonly PropertyKey[],
  found: ErrorList,
): Track['arrived'] {
  if (raw === undefined) return undefined;
  if (raw === null) return Array.from({ length }, () => null);
  if (!Array.isArray(raw)) {
    found.add(path, 'must be an array of minutes, or null for samples that never arrived');
    return undefined;
  }
  const list: readonly unknown[] = raw;
  if (list.length !== length) found.add(path, `has ${list.length} entries, and minutes has ${length}`);
  for (let index = 0; index < list.length; index += 1) {
    if (list[index] !== null && !Number.isFinite(list[index])) {
      found.add([...path, index], 'must be a minute, or null for a sample that never arrived');
    }
  }
  return raw;
}

/** Of all nodes the first alone is looked at: what is misspelt in one is misspelt in all. */
function ignoredFields(raw: unknown): FieldError[] {
  const known = { file: outline.shape, metric: metric.shape, node: node.shape };
  const listed = (field: string): readonly unknown[] => {
    const list: unknown = typeof raw === 'object' && raw !== null ? Reflect.get(raw, field) : undefined;
    return Array.isArray(list) ? list : [];
  };
  return [
    ...extra(raw, known.file, ''),
    ...listed('metrics').flatMap((one, index) => extra(one, known.metric, `metrics[${index}].`)),
    ...extra(listed('nodes')[0], known.node, 'nodes[0].'),
  ];
}

const extra = (value: unknown, shape: object, prefix: string): FieldError[] =>
  typeof value === 'object' && value !== null
    ? Object.keys(value)
        .filter((key) => !Object.hasOwn(shape, key))
        .map((key) => ({ path: `${prefix}${key}`, message: 'means nothing here: is it misspelt?' }))
    : [];
