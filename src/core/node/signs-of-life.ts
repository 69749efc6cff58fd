import type { Observed } from '../observed.ts';
import { askAgainAt, mayDisturb, silentSince } from './lease-reading.ts';
import type { NodeState, Want } from './node-state.ts';

/** Asked for in one pass; the rest is asked for in the next, which follows at once. */
const MOST_ASKED = 100;

/** Whether a step touches a node on which something serves, or will again: before that, its Lease is asked for. */
export function disturbs({ standing }: NodeState, want: Want): boolean {
  return want.kind !== 'Remake' && standing !== undefined;
}

/**
 * Lets nodes be disturbed that are known to be there, and gathers those that have to be asked for first. Asks once in
 * a pass: where others take the turn of nodes that were found silent, these are asked for in the pass after it.
 */
export class SignsOfLife {
  readonly #observed: Pick<Observed, 'records' | 'leasesAsked'>;
  readonly #now: number;
  readonly #ask = new Set<string>();
  #later: number | undefined;

  constructor(observed: Pick<Observed, 'records' | 'leasesAsked'>, now: number) {
    this.#observed = observed;
    this.#now = now;
  }

  /** Nodes without whose answer nothing is to be done. */
  get ask(): readonly string[] {
    return [...this.#ask];
  }

  /** When nodes that were passed over are looked at again, ms. */
  get later(): number | undefined {
    return this.#later;
  }

  /** Until when (ms) another node may take the turn of this one, which was asked for in vain; undefined where it need not. */
  passedOverUntil(node: string): number | undefined {
    const reading = this.#observed.records.get(node)?.lease;
    if (reading === undefined || mayDisturb(reading, this.#now)) return undefined;
    const at = askAgainAt(reading);
    if (at <= this.#now) return undefined;
    this.#wait(at);
    return at;
  }

  /** Whether the node is known to be there now; if not, it is asked for, or its turn comes later. */
  has(node: string): boolean {
    const reading = this.#observed.records.get(node)?.lease;
    if (reading !== undefined && mayDisturb(reading, this.#now)) return true;
    const at = reading === undefined ? this.#now : Math.max(this.#now, askAgainAt(reading));
    if (at <= this.#now && !this.#observed.leasesAsked && this.#ask.size < MOST_ASKED) this.#ask.add(node);
    else this.#wait(at);
    return false;
  }

  /** A node that was found silent is asked for until it answers, or stops being Ready. */
  follow(node: string): void {
    if (silentSince(this.#observed.records.get(node)?.lease) !== undefined) this.has(node);
  }

  #wait(at: number): void {
    this.#later = Math.min(this.#later ?? at, at);
  }
}
