import type { NodeView } from '../views/node-view.ts';
import { silentSince } from './lease-reading.ts';
import { recentOutages } from './node-record.ts';
import type { NodeRecord } from './node-record.ts';

/** Where no rollout says how wide a sample is, ms. */
export const DEFAULT_RESOLUTION_MS = 60_000;

/** A node that was away must stay for two samples before its serving pod is touched. */
const STEADY_AFTER_SAMPLES = 2;

/** Ten times that is enough, however often it was away; the same as for a candidate's node that went dark again. */
const MOST_TIMES = 10;

/** What the operator knows of a node beside what the Node says. Times in ms. */
export interface Noticed {
  /** Since when its kubelet does not renew its Lease, although the Node says Ready. */
  readonly silentSince?: number | undefined;
  /** Ready again, and not for long enough to begin anything there. */
  readonly unsteadyUntil?: number | undefined;
  /** It comes and goes since then. */
  readonly unsteadySince?: number | undefined;
  /** How often it went dark within the last hour. */
  readonly outages: number;
  /** When it was seen to come back, by the operator's clock. */
  readonly backAt?: number | undefined;
}

/** For how long a node has to be there before it is disturbed: twice as long with each darkness of the last hour after the first. */
export function steadyFor(outages: number, resolutionMs: number): number {
  return Math.min(MOST_TIMES, 2 ** Math.max(0, outages - 1)) * STEADY_AFTER_SAMPLES * resolutionMs;
}

/** The nodes with what was noticed of them. @param resolutionMs width of a sample */
export function withNoticed(
  nodes: readonly NodeView[],
  records: ReadonlyMap<string, NodeRecord>,
  resolutionMs: number,
  now: number,
): readonly NodeView[] {
  if (records.size === 0) return nodes;
  return nodes.map((node) => {
    const record = records.get(node.name);
    return record === undefined
      ? node
      : { ...node, noticed: notice(record, node.ready === 'True', resolutionMs, now) };
  });
}

function notice(record: NodeRecord, ready: boolean, resolutionMs: number, now: number): Noticed {
  const { backAt } = record;
  const recent = recentOutages(record, now);
  const outages = recent.length;
  const unsteadySince = outages < 2 ? undefined : recent[0];
  if (!ready) return { outages, backAt, unsteadySince };
  const until = outages < 1 || backAt === undefined ? 0 : backAt + steadyFor(outages, resolutionMs);
  const silent = silentSince(record.lease);
  const unsteady = now < until ? { unsteadyUntil: until, unsteadySince } : {};
  return { outages, backAt, silentSince: silent, ...unsteady };
}

/** When a node that waits for nothing else may be disturbed, ms; 0 for at once. */
export function steadyAt({ readySince, createdAt, noticed }: NodeView, resolutionMs: number): number {
  // readySince is written by the kubelet: its clock may be off.
  const since = noticed?.backAt ?? readySince;
  // A node that has only just joined was not away.
  if ((noticed?.outages ?? 0) === 0 && since - createdAt < 5 * 60_000) return 0;
  return since + steadyFor(noticed?.outages ?? 0, resolutionMs);
}
