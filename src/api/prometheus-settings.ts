import { ROLLOUT_DEFAULTS } from './defaults.ts';
import { milliseconds } from './duration.ts';
import type { PrometheusSpec } from './prometheus.ts';
import { scaled } from './rollout-settings.ts';

/** How a Prometheus is asked, with nothing left open but who it is. */
export interface PrometheusTiming {
  readonly timeoutMs: number;
  readonly queryDelayMs: number;
}

export function prometheusTiming(spec: PrometheusSpec | undefined, resolutionMs: number): PrometheusTiming {
  const defaults = ROLLOUT_DEFAULTS.prometheus;
  return {
    timeoutMs: milliseconds(spec?.timeout ?? defaults.timeout),
    queryDelayMs:
      spec?.queryDelay === undefined
        ? scaled(defaults.queryDelay, resolutionMs)
        : milliseconds(spec.queryDelay),
  };
}
