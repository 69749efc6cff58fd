import type { PodSignal, PresetSuffix } from '../metric.ts';

/** One metric that a preset stands for. Which margin it has follows from its kind. */
export type PresetPart = { readonly suffix: PresetSuffix } & (
  | { readonly kind: 'errors'; readonly bad: string; readonly total: string }
  /** A histogram of times, in any unit. */
  | { readonly kind: 'latency'; readonly histogram: string }
  /** A time over a number, for servers that have no histogram of it. */
  | { readonly kind: 'meanTime'; readonly sum: string; readonly count: string }
  /** A value that is worse when it is lower; judged only where the preset carries maxDecrease. */
  | { readonly kind: 'quality'; readonly sum: string; readonly count: string }
  | { readonly kind: 'pods'; readonly signals: readonly PodSignal[] }
);

/** What a kind of server exports, by its own documentation or source (docs/presets.md names them). */
export type Preset = readonly PresetPart[];
