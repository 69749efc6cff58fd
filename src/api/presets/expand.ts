import { ROLLOUT_DEFAULTS } from '../defaults.ts';
import { type Metric, type PresetName, presetBase } from '../metric.ts';
import { KSERVE } from './kserve.ts';
import { LLAMACPP } from './llamacpp.ts';
import { OUTRIGGER } from './outrigger.ts';
import { OVMS } from './ovms.ts';
import type { Preset, PresetPart } from './preset.ts';
import { TRITON } from './triton.ts';
import { VLLM } from './vllm.ts';

export const PRESET_PARTS: Readonly<Record<PresetName, Preset>> = {
  triton: TRITON,
  kserve: KSERVE,
  ovms: OVMS,
  vllm: VLLM,
  llamacpp: LLAMACPP,
  outrigger: OUTRIGGER,
};

/**
 * The metrics that a metric stands for: itself, or what its preset is made of. What the preset's metric carries goes to
 * each of them that it has a meaning for.
 */
export function expandPreset(metric: Metric): readonly Metric[] {
  if (metric.preset === undefined) return [metric];
  const base = presetBase(metric);
  return PRESET_PARTS[metric.preset]
    .filter((part) => part.kind !== 'quality' || metric.maxDecrease !== undefined)
    .map((part) => ({
      name: `${base}-${part.suffix}`,
      ...measured(part, metric),
      ...carried(metric, part.kind === 'pods' ? ['variants', 'onFail'] : CARRIED),
    }));
}

const CARRIED = ['minRequestsPerNode', 'variants', 'onFail'] as const;

function carried(metric: Metric, fields: readonly (typeof CARRIED)[number][]): Partial<Metric> {
  return Object.fromEntries(
    fields.flatMap((field) => (metric[field] === undefined ? [] : [[field, metric[field]]])),
  );
}

function measured(part: PresetPart, { maxIncrease, maxDecrease, max }: Metric): Omit<Metric, 'name'> {
  const { errors, time } = ROLLOUT_DEFAULTS.preset;
  // An absolute margin or bound is a share of requests: of a time it would be seconds here and microseconds there.
  const slower = { relative: maxIncrease?.relative ?? time.relative };
  switch (part.kind) {
    case 'errors':
      return {
        ratio: { bad: part.bad, total: part.total },
        maxIncrease: { ...errors, ...maxIncrease },
        ...(max === undefined ? {} : { max }),
      };
    case 'latency':
      return { latency: { histogram: part.histogram }, maxIncrease: slower };
    case 'meanTime':
      return { mean: { sum: part.sum, count: part.count }, maxIncrease: slower };
    case 'quality':
      return { mean: { sum: part.sum, count: part.count }, ...(maxDecrease && { maxDecrease }) };
    case 'pods':
      return { pods: [...part.signals] };
  }
}
