import { shortHash } from '../../api/canonical.ts';
import type { PodView } from '../views/pod-view.ts';

/** A pod that was taken off because its image did not come, so that its place could be another's. */
export interface Unfetched {
  /** How often. */
  readonly count: number;
  /** Ms; when it was taken off, and when it had been made. */
  readonly at: number;
  readonly since: number;
  /** What could not be fetched: `fetchKey` of the pod. */
  readonly of: string;
  /** Why, for people. */
  readonly message: string;
}

const BACKOFF_FROM_MS = 60_000;
const BACKOFF_TO_MS = 5 * 60_000;
/** Of the backoff, added at most. */
const JITTER = 0.5;

/** When the pod may be made again, ms. Those that failed together do not all come back at once. */
export function triedAgainAt(pod: string, { count, at }: Pick<Unfetched, 'count' | 'at'>): number {
  const backoff = Math.min(BACKOFF_TO_MS, BACKOFF_FROM_MS * 2 ** Math.min(count - 1, 10));
  return at + Math.round(backoff * (1 + JITTER * fraction(`${pod}/${count}`)));
}

/** The same images: what fails for one of its pods is likely to fail for the others. */
export function fetchKey({ revision, variant }: Pick<PodView, 'revision' | 'variant'>): string {
  return `${revision}/${variant}`;
}

/** In [0, 1), the same for the same text: the core has no randomness of its own. */
function fraction(text: string): number {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567';
  const [a = '', b = ''] = shortHash([text], 2);
  return (letters.indexOf(a) * 32 + letters.indexOf(b)) / 1024;
}
