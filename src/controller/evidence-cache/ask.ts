import type { StretchName } from './time-axis.ts';

/** One question to Prometheus: these columns of these label values. */
export interface Ask {
  readonly stretch: StretchName;
  readonly first: number;
  /** Without this one. */
  readonly end: number;
  readonly keys: readonly string[];
  /** Whether all of it was asked before. */
  readonly late: boolean;
}

/** Names in one query. */
export const MOST_KEYS = 1024;

/** The same columns of all keys, in questions of at most `most` pods times columns. */
export const chunked = (ask: Ask, most: number): readonly Ask[] => {
  const size = keysPerAsk(ask.end - ask.first, most);
  const asks: Ask[] = [];
  for (let at = 0; at < ask.keys.length; at += size) {
    asks.push({ ...ask, keys: ask.keys.slice(at, at + size) });
  }
  return asks;
};

export const keysPerAsk = (columns: number, most: number): number =>
  Math.max(1, Math.min(MOST_KEYS, Math.floor(most / Math.max(1, columns))));
