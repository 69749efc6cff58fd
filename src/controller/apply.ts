import { API_VERSION, LABEL } from '../api/names.ts';
import type { Action, EventAction } from '../core/decision.ts';
import { fetchKey } from '../core/node/unfetched.ts';
import { isOurs } from '../core/pods/service.ts';
import type { Clock } from './clock.ts';
import { createPod } from './create-pod.ts';
import type { EventRecorder } from './event-recorder.ts';
import { logAction } from './log-action.ts';
import type { ModelKey } from './model-key.ts';
import type { ModelMemory } from './model-memory.ts';
import type { ClusterView } from './ports/cluster-view.ts';
import type { ClusterWriter } from './ports/cluster-writer.ts';
import type { Log } from './ports/log.ts';
import type { Meter } from './ports/meter.ts';
import { retryDelay } from './refusal-backoff.ts';

export interface ApplyOptions {
  readonly view: Pick<ClusterView, 'service' | 'model'>;
  readonly writer: ClusterWriter;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
  readonly meter: Meter;
  /** Told after each action, so that a pass that hangs can be told from one that has much to do. */
  readonly onStep?: () => void;
  /** Told of each pod that was to be made: whether the server has it, said no (or was not asked), or nobody knows. */
  readonly onPod?: (pod: string, answer: 'Made' | 'Refused' | 'Unknown') => void;
}

export interface Applied {
  /** Something was refused that the next decision should tell people about. */
  readonly refused: boolean;
  /** When what was put off may be tried, ms since the epoch. */
  readonly retryAt: number | undefined;
}

/**
 * Carries out the actions of one decision, in their order. The first that fails ends it, because those after it
 * rest on it; a pod that the server refuses is written down instead, and the others go on. The signal is looked
 * at before each: who has lost the lease writes nothing more.
 *
 * Errors: rejects with what the failed action threw, or with the signal's reason.
 */
export async function applyActions(
  options: ApplyOptions,
  key: ModelKey,
  actions: readonly Action[],
  memory: ModelMemory,
  log: Log,
  signal: AbortSignal,
): Promise<Applied> {
  const run = new Application(options, key, memory, log);
  for (const action of actions) {
    signal.throwIfAborted();
    try {
      const outcome = await run.apply(action);
      options.meter.action(action.kind, outcome);
      options.onStep?.();
      if (outcome === 'done') logAction(log, action);
    } catch (error) {
      options.meter.action(action.kind, 'failed');
      throw error;
    }
  }
  return { refused: run.refused, retryAt: run.retryAt };
}

type Outcome = 'done' | 'refused';

class Application {
  readonly #options: ApplyOptions;
  readonly #key: ModelKey;
  readonly #memory: ModelMemory;
  readonly #log: Log;
  /** Variants (with their revision) of which the server has refused a pod in this pass. */
  readonly #refusedVariants = new Set<string>();
  refused = false;
  retryAt: number | undefined;

  constructor(options: ApplyOptions, key: ModelKey, memory: ModelMemory, log: Log) {
    this.#options = options;
    this.#key = key;
    this.#memory = memory;
    this.#log = log;
  }

  async apply(action: Action): Promise<Outcome> {
    const { writer, clock } = this.#options;
    const { namespace } = this.#key;
    switch (action.kind) {
      case 'CreatePod': {
        const { name } = action.pod.metadata;
        try {
          const outcome = await this.#createPod(action);
          this.#options.onPod?.(name, outcome === 'done' ? 'Made' : 'Refused');
          return outcome;
        } catch (error) {
          this.#options.onPod?.(name, 'Unknown');
          throw error;
        }
      }
      case 'ApplyService':
        return this.#applyService(action);
      case 'Event':
        this.#record(action);
        return 'done';
      case 'DeletePod':
        await writer.deletePod(namespace, action);
        if (action.remake) this.#memory.noteRemade(action.name, clock.now());
        if (action.unfetched) this.#memory.noteUnfetched(action.name, action.unfetched, clock.now());
        return 'done';
      case 'CreateRevision':
        return done(writer.createRevision(namespace, action));
      case 'MarkRevision':
        return done(writer.markRevision(namespace, action));
      case 'DeleteRevision':
        return done(writer.deleteRevision(namespace, action));
      case 'CreateConfigMap':
        return done(writer.createConfigMap(namespace, action));
      case 'DeleteConfigMap':
        return done(writer.deleteConfigMap(namespace, action));
      case 'WriteMemory':
        return done(writer.writeMemory(namespace, action));
      case 'DeleteService':
        return done(writer.deleteService(namespace, action));
      case 'WriteModelStatus':
        return done(writer.writeModelStatus(namespace, action));
      case 'WriteRolloutStatus':
        return done(writer.writeRolloutStatus(namespace, action));
      case 'AdoptPod':
        return done(writer.adoptPod(namespace, action));
      case 'SetFinalizers':
        return done(writer.setFinalizers(namespace, action));
      case 'SetOwner':
        return done(writer.setOwner(namespace, action));
    }
  }

  async #createPod(action: Extract<Action, { kind: 'CreatePod' }>): Promise<Outcome> {
    const { writer, clock } = this.#options;
    const memory = this.#memory;
    const { name, labels } = action.pod.metadata;
    const known = memory.refusedPods.get(name);
    const due = Math.max(
      memory.creationsHeldUntil,
      known === undefined ? 0 : known.at + retryDelay(known.count),
    );
    const variant = fetchKey({
      revision: labels?.[LABEL.revision] ?? '',
      variant: labels?.[LABEL.variant] ?? '',
    });
    if (due > clock.now()) return this.#putOff(due);
    if (this.#refusedVariants.has(variant)) return this.#putOff(clock.now() + retryDelay(1));
    const creation = await createPod(writer, this.#key.namespace, action);
    switch (creation.kind) {
      case 'Wait':
        return this.#putOff(clock.now() + WAIT_MS);
      case 'Created':
      case 'Seen':
        memory.refusedPods.delete(name);
        memory.creationsHeld = 0;
        return 'done';
      case 'Refused': {
        const { code, message, reach } = creation;
        const now = clock.now();
        const prefetchOf = labels?.[LABEL.role] === 'prefetch' ? variant : undefined;
        memory.noteRefused(name, { code, message, prefetchOf }, now);
        this.#refused(known?.code !== code || known.message !== message);
        this.#log.warn(
          { pod: name, node: action.node, code, reason: message },
          'the API server refused a pod',
        );
        if (reach === 'variant') this.#refusedVariants.add(variant);
        if (reach === 'all') {
          memory.creationsHeld += 1;
          memory.creationsHeldUntil = now + retryDelay(memory.creationsHeld);
        }
        return this.#putOff(
          Math.max(now + retryDelay(known === undefined ? 1 : known.count + 1), memory.creationsHeldUntil),
        );
      }
    }
  }

  /** A Service of somebody else's is not taken over: the next decision sees it and says so. */
  async #applyService(action: Extract<Action, { kind: 'ApplyService' }>): Promise<Outcome> {
    const { view, writer, clock } = this.#options;
    const { namespace, name } = this.#key;
    const serviceName = action.object.metadata.name;
    if (view.service(namespace, serviceName) === undefined) {
      const found = await writer.readService(namespace, serviceName);
      const model = view.model(namespace, name);
      if (found !== undefined && !(model !== undefined && isOurs(found, model))) {
        this.#refused(this.#memory.foreignService === undefined);
        this.#memory.foreignService = { object: found, at: clock.now() };
        this.#log.warn(
          { service: serviceName },
          'a Service of this name exists and is not ours: it stays as it is',
        );
        return 'refused';
      }
    }
    await writer.applyService(namespace, action);
    return 'done';
  }

  #record({ regarding, type, reason, note }: EventAction): void {
    const subject = { apiVersion: API_VERSION, namespace: this.#key.namespace, ...regarding };
    this.#options.events.record({ subject, type, reason, action: 'Reconcile', note });
  }

  #refused(isNews: boolean): void {
    this.refused ||= isNews;
  }

  #putOff(until: number): Outcome {
    this.retryAt = Math.min(this.retryAt ?? until, until);
    return 'refused';
  }
}

/** How soon to look again for the end of a pod whose name is needed; the watch mostly tells before. */
const WAIT_MS = 2_000;

async function done(write: Promise<void>): Promise<Outcome> {
  await write;
  return 'done';
}
