import { LONGEST_PULL_MS, isPulling } from '../core/node/fetching.ts';
import { isReachable } from '../core/node/reachability.ts';
import type { Observed } from '../core/observed.ts';
import type { Clock } from './clock.ts';
import { type ModelKey, modelKey } from './model-key.ts';
import type { ClusterChange, ClusterView } from './ports/cluster-view.ts';

export interface PullPlacesOptions {
  readonly view: Pick<ClusterView, 'pulls' | 'hasPod'>;
  readonly clock: Clock;
  /** Lets the model be looked at again soon. */
  readonly wake: (key: string) => void;
}

/** A model that has pulls failing and does not take them off by then cannot act itself: its spec may not be valid any more. */
const STUCK_MS = 5 * 60_000;

/** A pod that was asked for is in the view within moments; one that is not by then was never made. */
const UNSEEN_MS = 30_000;

interface Reservation {
  readonly namespace: string;
  readonly pod: string;
  /** Undefined while its creation is ahead. */
  readonly askedAt: number | undefined;
}

/**
 * The places for pulls, shared by all models: how many are taken, and who is next.
 *
 * A pass takes its places in the moment in which it decides, before it waits for anything, so that two passes
 * cannot both take the last one. Models that find none stand in line, and the first of them alone may take the
 * next; who took one goes to the end. So none starves, also one whose limit is lower than that of the others:
 * these then wait until so few pulls are under way that it can begin. A pull that fails keeps its place, because its
 * kubelet tries again by itself, until somebody waits for it: then its model takes the pod off.
 */
export class PullPlaces {
  readonly #options: PullPlacesOptions;
  readonly #reserved = new Map<string, Map<string, Reservation>>();
  /** Models that wait for a place, the longest first. */
  readonly #line = new Set<string>();
  /** Since when the first of them is that. */
  #since = 0;

  constructor(options: PullPlacesOptions) {
    this.#options = options;
  }

  /** What the decision about a model is to know of all others. */
  observed(key: ModelKey): Observed['pulls'] {
    const { view, clock } = this.#options;
    const own = modelKey(key.namespace, key.name);
    this.#settle();
    const isStuck = this.#line.size > 0 && clock.now() - this.#since >= STUCK_MS;
    const pulls = view
      .pulls(clock.now())
      .filter(({ model, failing }) => model !== own && !(failing && isStuck)).length;
    const reserved = [...this.#reserved].map(([model, pods]) => (model === own ? 0 : pods.size));
    const first = this.#first();
    return {
      elsewhere: pulls + reserved.reduce((sum, each) => sum + each, 0),
      ahead: first !== undefined && first !== own,
    };
  }

  /** What was decided, in the same moment: pods that are about to be made, and whether more would be if there were a place. */
  decided(key: ModelKey, pods: readonly string[], waits: boolean): void {
    const own = modelKey(key.namespace, key.name);
    const before = this.#first();
    const reserved = this.#reserved.get(own) ?? new Map<string, Reservation>();
    for (const pod of pods) reserved.set(pod, { namespace: key.namespace, pod, askedAt: undefined });
    if (reserved.size > 0) this.#reserved.set(own, reserved);
    const waited = this.#line.has(own);
    if (!waits || pods.length > 0) this.#line.delete(own);
    if (waits) this.#line.add(own);
    if (waits && !waited) this.#wakeFailing(own);
    this.#wakeFirst(before);
  }

  /** The API server was asked for the pod; whether it made it the view will show, unless it said no. */
  asked(key: ModelKey, pod: string, answer: 'Made' | 'Refused' | 'Unknown'): void {
    const reserved = this.#reserved.get(modelKey(key.namespace, key.name));
    const known = reserved?.get(pod);
    if (reserved === undefined || known === undefined) return;
    if (answer === 'Refused') {
      reserved.delete(pod);
      this.#wake();
    } else reserved.set(pod, { ...known, askedAt: this.#options.clock.now() });
  }

  /** The pass is over: what it has not asked for by now it will not. */
  ended(key: ModelKey, how: 'done' | 'failed'): void {
    const own = modelKey(key.namespace, key.name);
    const before = this.#first();
    // It comes back after a backoff, and who is first in line would hold up all others until then.
    if (how === 'failed') this.#line.delete(own);
    const reserved = this.#reserved.get(own);
    let freed = false;
    for (const [pod, { askedAt }] of reserved ?? []) {
      if (askedAt === undefined) freed = reserved?.delete(pod) === true || freed;
    }
    if (freed) this.#wake();
    else this.#wakeFirst(before);
  }

  /** Whoever waits is told when a place may have become free. */
  noticed(change: ClusterChange): void {
    if (this.#line.size > 0 && mayFree(change)) this.#wake();
  }

  /** When a place becomes free although nothing changes, ms: a pull that hangs, or a pod that was never made. */
  freesAt(): number | undefined {
    const { view, clock } = this.#options;
    const pulls = view
      .pulls(clock.now())
      .flatMap(({ since, failing }) => (failing ? [] : [since + LONGEST_PULL_MS]));
    const unseen = [...this.#reserved.values()].flatMap((pods) =>
      [...pods.values()].flatMap(({ askedAt }) => (askedAt === undefined ? [] : [askedAt + UNSEEN_MS])),
    );
    const stuck = this.#line.size === 0 ? [] : [this.#since + STUCK_MS].filter((at) => at > clock.now());
    const times = [...pulls, ...unseen, ...stuck];
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #first(): string | undefined {
    return this.#line.values().next().value;
  }

  #wakeFirst(before: string | undefined): void {
    if (this.#first() === before) return;
    this.#since = this.#options.clock.now();
    this.#wake();
  }

  /** Somebody waits from now on: whose pulls fail may have to take them off. */
  #wakeFailing(waiting: string): void {
    const { view, clock, wake } = this.#options;
    const failing = view.pulls(clock.now()).filter((pull) => pull.failing && pull.model !== waiting);
    for (const model of new Set(failing.map(({ model }) => model))) wake(model);
  }

  #wake(): void {
    const first = this.#first();
    if (first !== undefined) this.#options.wake(first);
  }

  /** A pod that shows in the view is counted there. */
  #settle(): void {
    const { view, clock } = this.#options;
    for (const [model, pods] of this.#reserved) {
      for (const [pod, { namespace, askedAt }] of pods) {
        const old = askedAt !== undefined && clock.now() - askedAt >= UNSEEN_MS;
        if (old || (askedAt !== undefined && view.hasPod(namespace, pod))) pods.delete(pod);
      }
      if (pods.size === 0) this.#reserved.delete(model);
    }
  }
}

/** A pod that no longer pulls, or was never seen to; a node that no longer can. */
function mayFree(change: ClusterChange): boolean {
  switch (change.kind) {
    case 'Pod':
      return (
        (change.old === undefined || isPulling(change.old)) &&
        (change.new === undefined || !isPulling(change.new))
      );
    case 'Node':
      return (
        change.old !== undefined &&
        isReachable(change.old) &&
        (change.new === undefined || !isReachable(change.new))
      );
    default:
      return false;
  }
}
