import type { Clock } from '../../controller/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { RESOURCES } from '../../kube/resource.ts';
import { feed } from '../fleet/feed.ts';
import type { Node } from '../fleet/node.ts';
import { isTerminal, type Pod, type PodCondition } from '../fleet/pod.ts';
import { timestamp } from '../fleet/timestamps.ts';
import { placement } from './placement.ts';

export interface SchedulerOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Sets spec.nodeName, as the binding subresource does. */
  readonly bind: (pod: Pod, node: string) => Promise<void>;
}

/** Changes are gathered for this long before the queue is looked at again. */
const GATHER_MS = 50;
const RETRY_MS = 1_000;

/** Binds pods that have no node, and says why where it can't: kube-scheduler for the API server double. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #nodes = new Map<string, Node>();
  readonly #pods = new Map<string, Pod>();
  /** Bindings that the watch has not shown yet. */
  readonly #assumed = new Map<string, string>();
  #changed = Promise.withResolvers<void>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  async start(): Promise<{ readonly done: Promise<unknown> }> {
    const { client, clock, signal } = this.#options;
    const wake = (): void => this.#changed.resolve();
    const nodes = feed<Node>(
      client,
      RESOURCES.nodes,
      {
        set: (node) => {
          this.#nodes.set(node.metadata.name, node);
          wake();
        },
        gone: (node) => {
          this.#nodes.delete(node.metadata.name);
          wake();
        },
      },
      { clock, signal },
    );
    const pods = feed<Pod>(
      client,
      RESOURCES.pods,
      {
        set: (pod) => {
          this.#pods.set(pod.metadata.uid ?? '', pod);
          if (pod.spec.nodeName !== undefined) this.#assumed.delete(pod.metadata.uid ?? '');
          wake();
        },
        gone: (pod) => {
          this.#pods.delete(pod.metadata.uid ?? '');
          this.#assumed.delete(pod.metadata.uid ?? '');
          wake();
        },
      },
      { clock, signal },
    );
    await Promise.all([nodes.ready, pods.ready]);
    return { done: Promise.all([nodes.done, pods.done, this.#run()]) };
  }

  async #run(): Promise<void> {
    const { clock, signal } = this.#options;
    signal.addEventListener('abort', () => this.#changed.resolve(), { once: true });
    while (!signal.aborted) {
      await this.#changed.promise;
      await clock.sleep(GATHER_MS, signal).catch(() => {});
      this.#changed = Promise.withResolvers<void>();
      if (!signal.aborted && !(await this.#scheduleAll())) {
        await clock.sleep(RETRY_MS, signal).catch(() => {});
        this.#changed.resolve();
      }
    }
  }

  /** False where the API server did not take something and it has to be tried again. */
  async #scheduleAll(): Promise<boolean> {
    const waiting = [...this.#pods.values()].filter((pod) => this.#waits(pod)).toSorted(byPriorityAndAge);
    let complete = true;
    for (const pod of waiting) {
      try {
        await this.#schedule(pod);
      } catch (error) {
        // Gone, or bound by somebody else: the watch will say so.
        if (!isApiError(error, 'notFound') && !isApiError(error, 'conflict')) complete = false;
      }
    }
    return complete;
  }

  async #schedule(pod: Pod): Promise<void> {
    const uid = pod.metadata.uid ?? '';
    const placed = placement(pod, [...this.#nodes.values()], this.#bound());
    if (placed.kind === 'nowhere') {
      await this.#explain(pod, placed.message);
      return;
    }
    await this.#options.bind(pod, placed.node);
    this.#assumed.set(uid, placed.node);
  }

  async #explain(pod: Pod, message: string): Promise<void> {
    const conditions = pod.status?.conditions ?? [];
    const before = conditions.find((condition) => condition.type === 'PodScheduled');
    if (before?.status === 'False' && before.message === message) return;
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime:
        before?.status === 'False'
          ? (before.lastTransitionTime ?? null)
          : timestamp(this.#options.clock.now()),
    };
    const { name, namespace, uid } = pod.metadata;
    const others = conditions.filter((each) => each.type !== 'PodScheduled');
    const patch = { metadata: { uid }, status: { conditions: [...others, condition] } };
    await this.#options.client.mergePatch(RESOURCES.pods, namespace, name, patch, { subresource: 'status' });
  }

  #waits(pod: Pod): boolean {
    return (
      pod.spec.nodeName === undefined &&
      !this.#assumed.has(pod.metadata.uid ?? '') &&
      pod.metadata.deletionTimestamp === undefined &&
      !isTerminal(pod) &&
      (pod.spec.schedulerName ?? 'default-scheduler') === 'default-scheduler'
    );
  }

  /** The pods that hold resources, by node. */
  #bound(): ReadonlyMap<string, readonly Pod[]> {
    const bound = new Map<string, Pod[]>();
    for (const pod of this.#pods.values()) {
      const node = pod.spec.nodeName ?? this.#assumed.get(pod.metadata.uid ?? '');
      if (node === undefined || isTerminal(pod)) continue;
      const there = bound.get(node);
      if (there === undefined) bound.set(node, [pod]);
      else there.push(pod);
    }
    return bound;
  }
}

function byPriorityAndAge(a: Pod, b: Pod): number {
  const priority = (b.spec.priority ?? 0) - (a.spec.priority ?? 0);
  if (priority !== 0) return priority;
  const age = Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? '');
  return age !== 0 && !Number.isNaN(age) ? age : a.metadata.name < b.metadata.name ? -1 : 1;
}
