import { ROLLOUT_DEFAULTS } from '../../api/defaults.ts';
import { milliseconds } from '../../api/duration.ts';

/** A sample that stands alone says nothing about what varies from step to step. */
const FIRST_LOOK = 2;
const HOUR_MS = milliseconds('1h');

export interface LookTimes {
  /** Begin of the window, ms since the epoch. */
  readonly from: number;
  readonly resolutionMs: number;
  /** How long after a step its samples are asked for, ms. */
  readonly queryDelayMs: number;
  /** From then on a look an hour is enough, ms after the begin of the window. */
  readonly inconclusiveAfterMs?: number;
}

/** The newest look that is due, as the number of steps that it sees; undefined before the first. */
export function dueLook(times: LookTimes, now: number): number | undefined {
  const over = Math.floor((now - times.queryDelayMs - times.from) / times.resolutionMs);
  if (over < FIRST_LOOK) return undefined;
  const { seldomFrom, every } = seldom(times);
  return over <= seldomFrom ? over : seldomFrom + Math.floor((over - seldomFrom) / every) * every;
}

/** When the look after `due` is due, ms since the epoch. */
export function nextLookAt(times: LookTimes, due: number | undefined): number {
  const { seldomFrom, every } = seldom(times);
  const next = due === undefined ? FIRST_LOOK : due + (due >= seldomFrom ? every : 1);
  return times.from + next * times.resolutionMs + times.queryDelayMs;
}

/** In steps: when looks become seldom, and how far apart they are then. */
function seldom({ resolutionMs, inconclusiveAfterMs }: LookTimes): {
  readonly seldomFrom: number;
  readonly every: number;
} {
  const after = inconclusiveAfterMs ?? milliseconds(ROLLOUT_DEFAULTS.inconclusiveAfter);
  return {
    seldomFrom: Math.max(FIRST_LOOK, Math.floor(after / resolutionMs)),
    every: Math.max(1, Math.ceil(HOUR_MS / resolutionMs)),
  };
}
