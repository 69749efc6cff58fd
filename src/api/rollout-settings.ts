import type { Analysis } from './analysis.ts';
import { ROLLOUT_DEFAULTS } from './defaults.ts';
import { milliseconds } from './duration.ts';
import type { EdgeRolloutSpec } from './edge-rollout.ts';
import { fractionOf } from './fraction.ts';
import type { CountOrPercent } from './fraction.ts';
import type { Limits } from './limits.ts';
import type { Metric } from './metric.ts';
import { expandPreset } from './presets/expand.ts';
import type { Wave } from './waves.ts';

export interface WaveSettings {
  readonly name: string;
  readonly nodes: CountOrPercent;
  readonly soakMs: number;
  readonly approvalRequired: boolean;
}

export interface LimitSettings {
  readonly maxUnavailable: CountOrPercent;
  readonly maxPrefetching: CountOrPercent;
  /** Shares are between 0 and 1. */
  readonly minReachable: number;
  readonly progressDeadlineMs: number;
  readonly failureThreshold: number;
  readonly minFailedNodes: number;
  readonly holdback: CountOrPercent;
}

export interface WindowSettings {
  readonly schedule: string;
  readonly durationMs: number;
}

export interface TimeZoneSettings {
  readonly default: string;
  readonly fromNodeLabel: string | undefined;
}

export interface AnalysisSettings {
  /** Between 0 and 1. */
  readonly falseRollbackRate: number;
  readonly method: 'Auto' | 'Randomisation' | 'EProcess';
  readonly groupBy: 'pod' | 'node';
  readonly resolutionMs: number;
  readonly warmupMs: number;
  readonly historyMs: number;
  /** Without presets: what they stand for is there. Empty where the health of the pods alone is judged. */
  readonly metrics: readonly Metric[];
}

/** An EdgeRollout's spec with nothing left open: durations in milliseconds, shares as numbers. */
export interface RolloutSettings {
  readonly modelName: string;
  readonly cohortsBy: readonly string[];
  /** Undefined: canaries are drawn at random. */
  readonly canarySelector: Readonly<Record<string, string>> | undefined;
  readonly waves: readonly WaveSettings[];
  readonly firstRevision: 'Immediate' | 'Waves';
  readonly revert: 'Immediate' | 'Waves';
  readonly limits: LimitSettings;
  readonly analysis: AnalysisSettings;
  readonly onFailure: 'Rollback' | 'Pause';
  readonly failureScope: 'Fleet' | 'Cohort';
  readonly onInconclusive: 'Hold' | 'Revert';
  readonly inconclusiveAfterMs: number;
  /** Empty: at any time. */
  readonly updateWindows: readonly WindowSettings[];
  readonly timeZone: TimeZoneSettings;
  readonly paused: boolean;
}

const MINUTE_MS = 60_000;

export function withDefaults(spec: EdgeRolloutSpec): RolloutSettings {
  const analysis = analysisWithDefaults(spec.analysis);
  const waves: readonly Wave[] = spec.waves ?? ROLLOUT_DEFAULTS.waves;
  return {
    modelName: spec.modelRef.name,
    cohortsBy: spec.cohorts?.by ?? [],
    canarySelector: spec.canary?.nodeSelector,
    waves: waves.map((wave, index) =>
      waveWithDefaults(
        wave,
        { ours: spec.waves === undefined, last: index === waves.length - 1 },
        analysis.resolutionMs,
      ),
    ),
    firstRevision: spec.firstRevision ?? ROLLOUT_DEFAULTS.firstRevision,
    revert: spec.revert ?? ROLLOUT_DEFAULTS.revert,
    limits: limitsWithDefaults(spec.limits),
    analysis,
    onFailure: spec.onFailure ?? ROLLOUT_DEFAULTS.onFailure,
    failureScope: spec.failureScope ?? ROLLOUT_DEFAULTS.failureScope,
    onInconclusive: spec.onInconclusive ?? ROLLOUT_DEFAULTS.onInconclusive,
    inconclusiveAfterMs: milliseconds(spec.inconclusiveAfter ?? ROLLOUT_DEFAULTS.inconclusiveAfter),
    updateWindows: (spec.updateWindows ?? []).map(({ schedule, duration }) => ({
      schedule,
      durationMs: milliseconds(duration),
    })),
    timeZone: {
      default: spec.timeZone?.default ?? ROLLOUT_DEFAULTS.timeZone,
      fromNodeLabel: spec.timeZone?.fromNodeLabel,
    },
    paused: spec.paused ?? false,
  };
}

/** A duration that is meant for samples of one minute, for samples of another width. */
export function scaled(duration: string, resolutionMs: number): number {
  return Math.round((milliseconds(duration) * resolutionMs) / MINUTE_MS);
}

function waveWithDefaults(
  wave: Wave,
  { ours, last }: { readonly ours: boolean; readonly last: boolean },
  resolutionMs: number,
): WaveSettings {
  const { name, nodes, soak } = wave;
  return { name, nodes, soakMs: soakMs(), approvalRequired: wave.approval === 'Required' };

  function soakMs(): number {
    // Behind the last wave nothing waits for a measurement, unless people ask for one.
    if (soak === undefined) return last ? 0 : scaled(ROLLOUT_DEFAULTS.analysis.soak, resolutionMs);
    // What people write is taken as written; only what Outrigger fills in scales.
    return ours ? scaled(soak, resolutionMs) : milliseconds(soak);
  }
}

function limitsWithDefaults(limits: Limits = {}): LimitSettings {
  const defaults = ROLLOUT_DEFAULTS.limits;
  return {
    maxUnavailable: limits.maxUnavailable ?? defaults.maxUnavailable,
    maxPrefetching: limits.maxPrefetching ?? defaults.maxPrefetching,
    minReachable: fractionOf(limits.minReachable ?? defaults.minReachable),
    progressDeadlineMs: milliseconds(limits.progressDeadline ?? defaults.progressDeadline),
    failureThreshold: fractionOf(limits.failureThreshold ?? defaults.failureThreshold),
    minFailedNodes: limits.minFailedNodes ?? defaults.minFailedNodes,
    holdback: limits.holdback ?? defaults.holdback,
  };
}

function analysisWithDefaults(analysis: Analysis = {}): AnalysisSettings {
  const defaults = ROLLOUT_DEFAULTS.analysis;
  const resolutionMs = milliseconds(analysis.resolution ?? defaults.resolution);
  return {
    falseRollbackRate: fractionOf(analysis.falseRollbackRate ?? defaults.falseRollbackRate),
    method: analysis.method ?? defaults.method,
    groupBy: analysis.groupBy ?? defaults.groupBy,
    resolutionMs,
    warmupMs:
      analysis.warmup === undefined ? scaled(defaults.warmup, resolutionMs) : milliseconds(analysis.warmup),
    historyMs:
      analysis.history === undefined
        ? scaled(defaults.history, resolutionMs)
        : milliseconds(analysis.history),
    metrics: (analysis.metrics ?? []).flatMap(expandPreset),
  };
}
