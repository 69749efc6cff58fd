import { z } from 'zod';
import { duration } from './duration.ts';
import { countOrPercent, DECIMAL, decimal, FRACTION, fraction } from './fraction.ts';
import type { Immutable } from './immutable.ts';
import { DNS_LABEL } from './label.ts';
import { notEmpty, setOf } from './lists.ts';
import { ruled } from './rule.ts';
import { text, textOf } from './text.ts';

/** The kinds of metric: a metric has exactly one of these fields. (Structural schemas have no unions.) */
export const METRIC_KINDS = ['ratio', 'latency', 'mean', 'drift', 'query', 'pods', 'preset'] as const;
export type MetricKind = (typeof METRIC_KINDS)[number];

export const PRESETS = ['triton', 'kserve', 'ovms', 'vllm', 'llamacpp', 'outrigger'] as const;
export type PresetName = (typeof PRESETS)[number];
export const POD_SIGNALS = ['restarts', 'notReady'] as const;
export type PodSignal = (typeof POD_SIGNALS)[number];

/** A preset stands for metrics that are called by its own name and one of these, such as triton-errors. */
export const PRESET_SUFFIXES = [
  'errors',
  'latency',
  'first-token',
  'prompt-latency',
  'confidence',
  'health',
] as const;
export type PresetSuffix = (typeof PRESET_SUFFIXES)[number];

/** Names of metrics are at most 63 characters, the longest suffix included. */
const PRESET_NAME_MAX = 48;

/** A list-map key needs a value: what a metric without a name is called. Only a preset may go without. */
export const UNNAMED_METRIC = 'preset';

/** A PromQL selector or expression. The API server cannot parse it; Outrigger does, and says where it is wrong. */
const promql = text(1024);
const METRIC_NAME = {
  pattern: /^[a-zA-Z_:][a-zA-Z0-9_:]*$/,
  max: 256,
  message: 'must be the name of a histogram without _bucket, such as model_request_seconds',
};

/** An absolute bound: a percent or decimal string. */
const BOUND = {
  pattern: new RegExp(`${FRACTION.pattern.source}|${DECIMAL.pattern.source}`),
  max: 24,
  message: 'must be a number or percent in quotes, such as "85", "0.2" or "5%"',
};

function bound() {
  return textOf(BOUND);
}

/** How much worse than the controls counts as harm: the larger of the two. */
const margin = ruled(
  z.object({
    relative: fraction().optional().describe('Of the value of the controls, such as 15%.'),
    absolute: fraction().optional().describe('In the unit of the metric, such as 0.2%.'),
  }),
  [
    {
      cel: 'has(self.relative) || has(self.absolute)',
      holds: (self) => self.relative !== undefined || self.absolute !== undefined,
      message: 'needs relative, absolute or both; the larger of the two is the margin',
    },
  ],
);

const query = ruled(
  z.object({
    expr: promql.describe('PromQL with one series for each node.'),
    max: bound().optional().describe('Above it a node breaks the bound.'),
    min: bound().optional().describe('Below it a node breaks the bound.'),
    nodes: countOrPercent()
      .optional()
      .describe('How many nodes may break the bound: a count or a whole percent; default: none.'),
    for: duration()
      .optional()
      .describe('How long the bound must stay broken; default 10m at a resolution of 1m.'),
  }),
  [
    {
      cel: 'has(self.max) || has(self.min)',
      holds: (self) => self.max !== undefined || self.min !== undefined,
      message: 'needs max or min: without a bound a query cannot fail, nor pass',
    },
  ],
);

const drift = z.object({
  histogram: textOf(METRIC_NAME),
  maxPsi: decimal().describe('The largest population stability index that counts as no drift, such as 0.2.'),
});

const KIND_COUNT = `[${METRIC_KINDS.map((kind) => `has(self.${kind})`).join(', ')}].filter(x, x).size()`;

export const metric = ruled(
  z.object({
    name: textOf(DNS_LABEL).default(UNNAMED_METRIC),
    ratio: z
      .object({ bad: promql, total: promql })
      .optional()
      .describe(
        'The share of bad among total: two counters with their selectors; total may be a sum of them, such as "ok_total + failed_total".',
      ),
    latency: z
      .object({ histogram: textOf(METRIC_NAME), slowerThan: decimal().optional() })
      .optional()
      .describe(
        "The shift of a histogram; with slowerThan (in the histogram's own unit) the share of slower requests instead.",
      ),
    mean: z
      .object({ sum: promql, count: promql })
      .optional()
      .describe('The mean of a value: its sum over its count, two counters.'),
    drift: drift.optional().describe("The change of a histogram's shape."),
    query: query.optional().describe('PromQL and a bound.'),
    pods: notEmpty(
      setOf(z.enum(POD_SIGNALS), { max: 2 }),
      'pods is empty: name what of the pods is judged, restarts, notReady or both',
    )
      .optional()
      .describe('What the API server knows of the pods: for servers without metrics.'),
    preset: z
      .enum(PRESETS)
      .optional()
      .describe(
        'The metrics that this kind of server exports, called NAME-errors, NAME-latency and so on; without a name, by the preset.',
      ),
    maxIncrease: margin.optional().describe('How much above the controls is harm: the larger of the two.'),
    maxDecrease: margin
      .optional()
      .describe('How much below the controls is harm: the larger of the two; for a mean.'),
    max: bound().optional().describe('An absolute upper bound as well, which very small fleets rely on.'),
    min: bound().optional().describe('An absolute lower bound as well.'),
    minRequestsPerNode: z
      .int()
      .min(1)
      .max(1_000_000_000)
      .optional()
      .describe('With fewer, a node is no evidence; default 100.'),
    variants: setOf(textOf(DNS_LABEL), { min: 1, max: 16 })
      .optional()
      .describe('Judge only nodes of these variants by it.'),
    onFail: z
      .enum(['Rollback', 'Pause'])
      .optional()
      .describe('Rollback or Pause; the default is Pause for query and drift, Rollback for the others.'),
  }),
  [
    {
      cel: `${KIND_COUNT} == 1`,
      holds: (self) => METRIC_KINDS.filter((kind) => self[kind] !== undefined).length === 1,
      message: `needs exactly one of ${METRIC_KINDS.join(', ')}`,
    },
    {
      cel: `has(self.preset) || self.name != '${UNNAMED_METRIC}'`,
      holds: (self) => self.preset !== undefined || self.name !== UNNAMED_METRIC,
      message: 'needs a name (other than "preset")',
      at: '.name',
    },
    {
      cel: '!has(self.ratio) || (has(self.maxIncrease) && has(self.maxIncrease.absolute))',
      holds: (self) => self.ratio === undefined || self.maxIncrease?.absolute !== undefined,
      message:
        'a ratio needs maxIncrease.absolute, such as 0.2%: next to a control without errors any relative margin is nothing',
    },
    {
      cel: '!has(self.latency) || has(self.maxIncrease)',
      holds: (self) => self.latency === undefined || self.maxIncrease !== undefined,
      message: 'a latency needs maxIncrease, such as {relative: 15%}',
    },
    {
      cel: '!has(self.latency) || !has(self.latency.slowerThan) || !has(self.maxIncrease) || has(self.maxIncrease.absolute)',
      holds: (self) =>
        self.latency?.slowerThan === undefined ||
        self.maxIncrease === undefined ||
        self.maxIncrease.absolute !== undefined,
      message: 'a latency with slowerThan is a share of requests and needs maxIncrease.absolute, such as 1%',
    },
    {
      cel: '!has(self.mean) || has(self.maxIncrease) || has(self.maxDecrease)',
      holds: (self) =>
        self.mean === undefined || self.maxIncrease !== undefined || self.maxDecrease !== undefined,
      message: 'a mean needs maxDecrease, maxIncrease or both: which way is worse, and by how much',
    },
    {
      cel: '!(has(self.query) || has(self.drift) || has(self.pods)) || !(has(self.max) || has(self.min) || has(self.maxIncrease) || has(self.maxDecrease))',
      holds: (self) =>
        (self.query === undefined && self.drift === undefined && self.pods === undefined) ||
        (self.max === undefined &&
          self.min === undefined &&
          self.maxIncrease === undefined &&
          self.maxDecrease === undefined),
      message:
        'max, min, maxIncrease and maxDecrease beside query, drift or pods have no meaning: put the bound inside, query.max or drift.maxPsi',
    },
    {
      cel: "!has(self.maxDecrease) || has(self.mean) || (has(self.preset) && self.preset == 'outrigger')",
      holds: (self) =>
        self.maxDecrease === undefined || self.mean !== undefined || self.preset === 'outrigger',
      message:
        'maxDecrease is for a mean, or for the confidence of the preset outrigger: fewer errors or less latency is no harm',
      at: '.maxDecrease',
    },
    {
      cel: '!has(self.preset) || !has(self.min)',
      holds: (self) => self.preset === undefined || self.min === undefined,
      message: 'min has no meaning for a preset: none of its metrics is worse when it is lower than a bound',
      at: '.min',
    },
    {
      cel: `!has(self.preset) || self.name.size() <= ${PRESET_NAME_MAX}`,
      holds: (self) => self.preset === undefined || self.name.length <= PRESET_NAME_MAX,
      message: `the name of a preset has at most ${PRESET_NAME_MAX} characters, because its metrics are called by it, such as NAME-prompt-latency`,
      at: '.name',
    },
  ],
);

export type Metric = Immutable<z.infer<typeof metric>>;
export type MetricMargin = Immutable<z.infer<typeof margin>>;

/** What the metrics of a preset are called by: its own name, or the preset's. */
export function presetBase({ name, preset }: Pick<Metric, 'name' | 'preset'>): string {
  return name === UNNAMED_METRIC && preset !== undefined ? preset : name;
}

/** Which of the kinds a metric is. */
export function kindOf(self: Metric): MetricKind | undefined {
  return METRIC_KINDS.find((kind) => self[kind] !== undefined);
}
