import { affectedModels } from './affected-models.ts';
import { parseModelKey } from './model-key.ts';
import { isApiFailure } from './ports/api-failure.ts';
import type { ClusterChanges } from './ports/cluster-view.ts';
import type { PassOutcome } from './ports/meter.ts';
import { type QueueFailure, type QueueResult, WorkQueue } from './queue.ts';
import { type PassStep, Reconciler, type ReconcileOptions } from './reconcile.ts';

export interface WorkersOptions extends ReconcileOptions {
  readonly changes: ClusterChanges;
  /** Models that are worked on at once. */
  readonly concurrency: number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/** A pass that is under way; times in ms since the epoch. */
export interface PassUnderWay {
  /** `namespace/name` of the model. */
  readonly key: string;
  readonly step: PassStep;
  /** Since when it is at this step; anew with each action that is done. */
  readonly since: number;
}

/** A thousand pods that start are a thousand events; one pass for all that came within this time is enough. */
export const DEBOUNCE_MS = 80;

/**
 * The workers of one term of leadership: all models once, then each whenever something of it changes or falls
 * due. What is remembered of models ends with the term, because another process may have acted since.
 */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #queue: WorkQueue;
  readonly #reconciler: Reconciler;
  readonly #signal: AbortSignal;
  readonly #underWay = new Map<string, PassUnderWay>();
  #passes = 0;

  /** @param signal aborted when nothing more may be written */
  constructor(options: WorkersOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#reconciler = new Reconciler({
      ...options,
      wake: (key) => this.#queue.addAfter(key, DEBOUNCE_MS),
    });
    this.#queue = new WorkQueue({
      clock: options.clock,
      concurrency: options.concurrency,
      random: options.random,
      work: (key) => this.#work(key),
      onFailure: (failure) => this.#failed(failure),
    });
  }

  /** Passes that were begun. */
  get passes(): number {
    return this.#passes;
  }

  get underWay(): readonly PassUnderWay[] {
    return [...this.#underWay.values()];
  }

  get queueLength(): number {
    return this.#queue.length;
  }

  get busy(): boolean {
    return this.#queue.length > 0 || this.#queue.active > 0;
  }

  /** Resolves when the signal is aborted and the passes under way have ended after their current action. */
  async run(): Promise<void> {
    const { view, changes } = this.#options;
    const unsubscribe = changes.subscribe((change) => {
      for (const key of affectedModels(change, () => view.models())) this.#queue.addAfter(key, DEBOUNCE_MS);
      this.#reconciler.noticed(change);
    });
    for (const key of view.keys()) this.#queue.add(key);
    try {
      await this.#queue.run(this.#signal);
    } finally {
      unsubscribe();
    }
  }

  async #work(key: string): Promise<QueueResult> {
    const { view, clock, log, meter } = this.#options;
    const { namespace, name } = parseModelKey(key);
    const generation = view.model(namespace, name)?.metadata.generation;
    const passLog = log.child({
      kind: 'EdgeModel',
      namespace,
      name,
      generation,
      reconcileId: ++this.#passes,
    });
    const startedAt = clock.now();
    const onStep = (step: PassStep): void => void this.#underWay.set(key, { key, step, since: clock.now() });
    let outcome: PassOutcome = 'failed';
    onStep('Acting');
    try {
      const { requeueAt } = await this.#reconciler.pass({ namespace, name }, passLog, this.#signal, onStep);
      outcome = 'done';
      return requeueAt === undefined
        ? {}
        : { requeueAfterMs: Math.max(DEBOUNCE_MS, requeueAt - clock.now()) };
    } catch (error) {
      if (this.#signal.aborted) {
        outcome = 'stopped';
        return {};
      }
      if (isApiFailure(error, 'conflict')) outcome = 'conflict';
      throw error;
    } finally {
      this.#underWay.delete(key);
      meter.pass(outcome, clock.now() - startedAt);
    }
  }

  #failed({ key, error, failures, retryInMs }: QueueFailure): void {
    const fields = { kind: 'EdgeModel', ...parseModelKey(key), failures, retryInMs };
    const { log } = this.#options;
    if (isApiFailure(error, 'conflict')) {
      // Somebody else wrote first, and the watch is about to tell: nothing is wrong.
      log.debug(fields, 'a write was overtaken, looking again');
    } else if (isApiFailure(error)) {
      log.warn(
        { ...fields, error: error.message },
        'the API server did not do what a pass asked for, trying again',
      );
    } else {
      // Not the cluster's fault but ours, so the place in the code matters. Other models go on.
      log.error({ ...fields, err: error }, 'a pass failed, trying again');
    }
  }
}
