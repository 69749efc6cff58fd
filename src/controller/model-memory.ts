import type { Adoptable } from '../core/adopt/adoptable-pod.ts';
import { podCondition } from '../core/node/pod-condition.ts';
import type { Unfetched } from '../core/node/unfetched.ts';
import type { Acceptance } from '../core/observed.ts';
import type { PodView } from '../core/views/pod-view.ts';
import type { TakenLook } from '../core/rollout/judge-need.ts';
import type { KubeObject } from '../api/object-meta.ts';

export interface RefusedPod {
  readonly code: string;
  /** The server's words. */
  readonly message: string;
  readonly at: number;
  readonly count: number;
  /** Of a prefetch pod: what it would have fetched, as `fetchKey`. */
  readonly prefetchOf?: string | undefined;
}

export interface RemadePod {
  readonly count: number;
  readonly at: number;
}

/**
 * What the operator keeps in memory of one model, all of which may be lost without harm: after a restart a
 * revision is tried again, a refused pod is refused again, a mismatch waits its ten minutes anew.
 */
export class ModelMemory {
  readonly acceptance = new Map<string, Acceptance>();
  adoptable: Adoptable | undefined;
  /** The judge's newest looks, at most `LOOKS_KEPT`, so that each is taken once. */
  taken: readonly TakenLook[] = [];
  /** Whose samples are kept for it. */
  sampledFor: string | undefined;
  readonly remade = new Map<string, RemadePod>();
  readonly unfetched = new Map<string, Unfetched>();
  readonly mismatched = new Map<string, number>();
  readonly refusedPods = new Map<string, RefusedPod>();
  /** A quota or a missing right refuses every pod alike: until then no creation is tried. */
  creationsHeldUntil = 0;
  creationsHeld = 0;
  /** A Service of the model's name that somebody else made, seen at `at`. */
  foreignService: { readonly object: KubeObject; readonly at: number } | undefined;

  /** Keeps the time at which each key was first seen, and forgets those that are no longer named. */
  noteMismatched(keys: readonly string[], now: number): void {
    const current = new Set(keys);
    for (const key of this.mismatched.keys()) if (!current.has(key)) this.mismatched.delete(key);
    for (const key of keys) if (!this.mismatched.has(key)) this.mismatched.set(key, now);
  }

  noteLook(look: TakenLook): void {
    this.taken = [...this.taken.slice(1 - LOOKS_KEPT), look];
  }

  noteRemade(pod: string, now: number): void {
    this.remade.set(pod, { count: (this.remade.get(pod)?.count ?? 0) + 1, at: now });
  }

  noteUnfetched(pod: string, what: Pick<Unfetched, 'of' | 'since' | 'message'>, now: number): void {
    this.unfetched.set(pod, { ...what, at: now, count: (this.unfetched.get(pod)?.count ?? 0) + 1 });
  }

  /** What has come since. */
  forgetFetched(pods: readonly PodView[]): void {
    if (this.unfetched.size === 0) return;
    for (const pod of pods) {
      const { kind } = podCondition(pod);
      if (kind === 'Ready' || kind === 'Starting' || kind === 'Crashing') this.unfetched.delete(pod.name);
    }
  }

  noteRefused(pod: string, refusal: Omit<RefusedPod, 'at' | 'count'>, now: number): void {
    this.refusedPods.set(pod, { ...refusal, at: now, count: (this.refusedPods.get(pod)?.count ?? 0) + 1 });
  }

  /** Drops what has been of no use for so long that nobody will ask for it; a pod that is wanted is tried far more often. */
  prune(now: number, revisions: ReadonlySet<string>): void {
    for (const [pod, { at }] of this.remade) if (now - at > FORGET_MS) this.remade.delete(pod);
    for (const [pod, { at }] of this.unfetched) if (now - at > FORGET_MS) this.unfetched.delete(pod);
    for (const [pod, { at }] of this.refusedPods) if (now - at > FORGET_MS) this.refusedPods.delete(pod);
    for (const [hash, { at }] of this.acceptance) {
      if (now - at > FORGET_MS && !revisions.has(hash)) this.acceptance.delete(hash);
    }
    // While it is waited for it is asked every minute.
    if (this.adoptable && now - this.adoptable.at > FOREIGN_MS) this.adoptable = undefined;
    if (this.foreignService && now - this.foreignService.at > FOREIGN_MS) this.foreignService = undefined;
  }
}

/** One may lead to another within a pass, which then needs both. */
const LOOKS_KEPT = 2;
/** Beyond any backoff. */
const FORGET_MS = 60 * 60_000;
const FOREIGN_MS = 5 * 60_000;
