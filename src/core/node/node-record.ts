import type { NodeView } from '../views/node-view.ts';
import { nextReading, silentSince, unanswered } from './lease-reading.ts';
import type { LeaseRead, LeaseReading } from './lease-reading.ts';

/** Darknesses further back are forgotten. */
const REMEMBERED_MS = 60 * 60_000;
/** More than the longest time of being steady takes. */
const MOST_OUTAGES = 16;

/**
 * What the operator noticed of a node, by its own clock, in ms: of two clocks that disagree the node's would be the
 * wrong one. Kept in memory by the shell; lost, a node counts as one that went dark once, as its Ready condition says.
 */
export interface NodeRecord {
  /** When it went dark, or was found silent, within the last hour, oldest first. */
  readonly outages: readonly number[];
  /** When it was seen to come back: Ready again, or renewing its Lease again. */
  readonly backAt: number | undefined;
  readonly lease: LeaseReading | undefined;
}

export const NO_RECORD: NodeRecord = { outages: [], backAt: undefined, lease: undefined };

/** After the Node changed; `before` as it was known until then. */
export function afterChange(
  record: NodeRecord,
  before: Pick<NodeView, 'ready'>,
  after: Pick<NodeView, 'ready'>,
  now: number,
): NodeRecord {
  const was = before.ready === 'True';
  const is = after.ready === 'True';
  if (was === is) return record;
  if (is) return { ...record, backAt: now, lease: undefined };
  // What was found silent went dark before the node controller said so.
  const known = silentSince(record.lease) !== undefined;
  return { ...record, outages: known ? record.outages : oneMore(record, now), lease: undefined };
}

/** After its Lease was asked for; what it said, or why it said nothing. */
export function afterAsking(
  record: NodeRecord,
  answer: LeaseRead | 'Absent' | 'Unanswered',
  now: number,
): NodeRecord {
  const lease: LeaseReading =
    answer === 'Absent'
      ? { kind: 'Absent', askedAt: now }
      : answer === 'Unanswered'
        ? unanswered(record.lease, now)
        : nextReading(record.lease, answer, now);
  const was = silentSince(record.lease) !== undefined;
  const is = silentSince(lease) !== undefined;
  // No answer is no news; what was silent stays so.
  if (lease.kind === 'Unanswered' && was && record.lease?.kind === 'Read')
    return { ...record, lease: { ...record.lease, tries: lease.tries } };
  if (is && !was) return { ...record, outages: oneMore(record, now), lease };
  return was && !is ? { ...record, backAt: now, lease } : { ...record, lease };
}

/** Whether nothing of it matters any more. */
export function isForgettable({ outages, backAt, lease }: NodeRecord, now: number): boolean {
  const times = [...outages, backAt ?? 0, lease?.askedAt ?? 0];
  return now - Math.max(...times) > REMEMBERED_MS;
}

/** Those within the last hour, oldest first. */
export function recentOutages({ outages }: NodeRecord, now: number): readonly number[] {
  return outages.filter((at) => now - at < REMEMBERED_MS);
}

function oneMore(record: NodeRecord, now: number): readonly number[] {
  return [...recentOutages(record, now), now].slice(-MOST_OUTAGES);
}
