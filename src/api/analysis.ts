import { z } from 'zod';
import { duration, milliseconds } from './duration.ts';
import { fraction, fractionOf } from './fraction.ts';
import type { Immutable } from './immutable.ts';
import { listByKey, notEmpty } from './lists.ts';
import { metric, PRESET_SUFFIXES, presetBase, UNNAMED_METRIC } from './metric.ts';
import type { Metric } from './metric.ts';
import { ruled } from './rule.ts';

const falseRollbackRate = ruled(fraction(), [
  {
    cel: "double(self.replace('%', '')) > 0.0 && double(self.replace('%', '')) <= (self.endsWith('%') ? 20.0 : 0.2)",
    holds: (self) => fractionOf(self) > 0 && Number(self.replace('%', '')) <= (self.endsWith('%') ? 20 : 0.2),
    message: 'must be above 0% and at most 20%: the chance that a healthy candidate is rolled back',
  },
]);

/** Each makes up to three metrics, and status has room for 32. */
const MAX_PRESETS = 8;

const BASE = `(m.name == '${UNNAMED_METRIC}' ? m.preset : m.name)`;
const SUFFIXES = `[${PRESET_SUFFIXES.map((suffix) => `'-${suffix}'`).join(', ')}]`;

const metrics = ruled(
  notEmpty(
    listByKey(metric, 'name', { max: 16 }),
    'metrics is empty: leave it out to judge by the health of the pods alone, or name at least one metric',
  ),
  [
    {
      cel: `self.filter(m, has(m.preset)).size() <= ${MAX_PRESETS}`,
      holds: (self) => self.filter(({ preset }) => preset !== undefined).length <= MAX_PRESETS,
      message: `must have at most ${MAX_PRESETS} presets, because each stands for several metrics`,
    },
    {
      cel: `self.all(m, !has(m.preset) || m.name != '${UNNAMED_METRIC}' || !self.exists(n, has(n.preset) && n.name == m.preset))`,
      holds: (self) => new Set(presetBases(self)).size === presetBases(self).length,
      message: 'a preset has the name of another preset that has none: give one of them a name of its own',
    },
    {
      cel: `self.all(m, !has(m.preset) || !self.exists(n, !has(n.preset) && ${SUFFIXES}.exists(s, n.name == ${BASE} + s)))`,
      holds: (self) => {
        const taken = new Set(
          presetBases(self).flatMap((base) => PRESET_SUFFIXES.map((suffix) => `${base}-${suffix}`)),
        );
        return self.every(({ name, preset }) => preset !== undefined || !taken.has(name));
      },
      message:
        'a metric has a name that is kept for a preset beside it, such as triton-errors: rename it, or give the preset a name',
    },
  ],
);

function presetBases(list: readonly Metric[]): readonly string[] {
  return list.filter(({ preset }) => preset !== undefined).map(presetBase);
}

/** How a candidate is judged. An edit is for the next candidate. */
export const analysis = ruled(
  z.object({
    falseRollbackRate: falseRollbackRate
      .optional()
      .describe(
        'The chance that a healthy candidate is ever rolled back, over the whole rollout; default 1%.',
      ),
    method: z
      .enum(['Auto', 'Randomisation', 'EProcess'])
      .optional()
      .describe('Randomisation, EProcess, or both (Auto, the default).'),
    groupBy: z
      .enum(['pod', 'node'])
      .optional()
      .describe('The label that says where a sample comes from: pod (default) or node.'),
    warmup: duration()
      .optional()
      .describe('How long after its start a pod is not measured; default 5m at a resolution of 1m.'),
    resolution: duration()
      .optional()
      .describe(
        "The width of a sample, at least two scrapes; default 1m. The judge's other defaults scale with it.",
      ),
    history: duration()
      .optional()
      .describe("How much of a node's own past is looked at; default 24h at a resolution of 1m."),
    metrics: metrics.optional().describe('Left out: the health of the pods alone is judged.'),
  }),
  [
    {
      cel: "!has(self.resolution) || (duration(self.resolution) >= duration('1s') && duration(self.resolution) <= duration('1h'))",
      holds: ({ resolution }) =>
        resolution === undefined ||
        (milliseconds(resolution) >= 1000 && milliseconds(resolution) <= 3_600_000),
      message: 'must be between 1s and 1h: the width of a sample, at least two scrapes',
      at: '.resolution',
    },
    {
      cel: '!has(self.resolution) || !has(self.warmup) || duration(self.warmup) >= duration(self.resolution)',
      holds: ({ resolution, warmup }) =>
        resolution === undefined || warmup === undefined || milliseconds(warmup) >= milliseconds(resolution),
      message:
        'must not be shorter than resolution, because the first sample would reach back before the start',
      at: '.warmup',
    },
    {
      cel: '!has(self.resolution) || !has(self.history) || duration(self.history) >= duration(self.resolution)',
      holds: ({ resolution, history }) =>
        resolution === undefined ||
        history === undefined ||
        milliseconds(history) >= milliseconds(resolution),
      message: 'must not be shorter than resolution, the width of one sample',
      at: '.history',
    },
  ],
);

export type Analysis = Immutable<z.infer<typeof analysis>>;
