import type { Decision, Need } from '../core/decision.ts';
import type { Observed, Settings } from '../core/observed.ts';
import type { Evidence } from '../judge/evidence.ts';
import { type ApplyOptions, applyActions } from './apply.ts';
import { answerNeeds } from './answer-needs.ts';
import { EvidenceCache } from './evidence-cache/evidence-cache.ts';
import type { EvidenceOptions } from './metric-evidence.ts';
import { type ModelKey, modelKey } from './model-key.ts';
import { ModelMemory } from './model-memory.ts';
import { NodeRecords } from './node-records.ts';
import { observe } from './observe.ts';
import { PullPlaces } from './pull-places.ts';
import type { ClusterChange, ClusterView } from './ports/cluster-view.ts';
import { isApiFailure } from './ports/api-failure.ts';
import type { Log } from './ports/log.ts';
import type { NodeLeaseSource } from './ports/node-lease-source.ts';

/** The pure core. */
export type Decide = (observed: Observed, now: number) => Decision;

export interface ReconcileOptions extends ApplyOptions, Omit<EvidenceOptions, 'defaultAddress'> {
  readonly view: ClusterView;
  readonly decide: Decide;
  readonly settings: Settings;
  readonly leases: NodeLeaseSource;
  /** At least 128 random bits as text. */
  readonly entropy: () => string;
  readonly log: Log;
  /** Lets a model be looked at again soon; its key. */
  readonly wake?: (key: string) => void;
}

/** Asking waits for others, each with a time limit of its own, which may be a user's; acting is ours. */
export type PassStep = 'Asking' | 'Acting';

export interface PassResult {
  /** When to look again although nothing has changed, ms since the epoch. */
  readonly requeueAt: number | undefined;
}

/** Each round answers what the one before asked; a decision that asks for more is a fault of the core. */
const MAX_ROUNDS = 4;

/** Passes over models, with what is kept in memory of each. */
export class Reconciler {
  readonly #options: ReconcileOptions;
  readonly #memories = new Map<string, ModelMemory>();
  readonly #places: PullPlaces;
  readonly #records: NodeRecords;
  readonly #samples: EvidenceCache;

  constructor(options: ReconcileOptions) {
    this.#options = options;
    const { view, clock, wake = () => {} } = options;
    this.#places = new PullPlaces({ view, clock, wake });
    this.#records = new NodeRecords(options);
    this.#samples = new EvidenceCache(options.metrics, () => clock.turn());
  }

  /**
   * One pass: observe, decide, answer what the decision needs to know and decide again, then act.
   *
   * Errors: rejects with what the first failing action threw, with what a faulty decision threw, or with the
   * signal's reason. Nothing of it reaches another model.
   */
  async pass(
    key: ModelKey,
    log: Log,
    signal: AbortSignal,
    onStep: (step: PassStep) => void = () => {},
  ): Promise<PassResult> {
    try {
      const result = await this.#pass(key, log, signal, onStep);
      this.#places.ended(key, 'done');
      return result;
    } catch (error) {
      // A write that was overtaken is repeated at once; everything else backs off.
      this.#places.ended(key, isApiFailure(error, 'conflict') ? 'done' : 'failed');
      throw error;
    }
  }

  /** What happens in the cluster, for models that wait for what others do, and for what is remembered of nodes. */
  noticed(change: ClusterChange): void {
    this.#records.noticed(change);
    this.#places.noticed(change);
  }

  async #pass(
    key: ModelKey,
    log: Log,
    signal: AbortSignal,
    onStep: (step: PassStep) => void,
  ): Promise<PassResult> {
    const { view, clock } = this.#options;
    const memory = this.#memory(key);
    const decision = await this.#decide(key, memory, log, signal, onStep);
    memory.noteMismatched(decision.mismatched, clock.now());
    const { refused, retryAt } = await applyActions(
      {
        ...this.#options,
        onStep: () => onStep('Acting'),
        onPod: (pod, answer) => this.#places.asked(key, pod, answer),
      },
      key,
      decision.actions,
      memory,
      log,
      signal,
    );
    if (memory.sampledFor !== undefined && !this.#hasCandidate(key)) {
      this.#samples.drop(memory.sampledFor);
      memory.sampledFor = undefined;
      memory.taken = [];
    }
    if (view.model(key.namespace, key.name) === undefined) {
      this.#memories.delete(modelKey(key.namespace, key.name));
    } else {
      const revisions = view.revisions(key.namespace, key.name);
      memory.forgetFetched(view.pods(key.namespace, key.name));
      memory.prune(clock.now(), new Set(revisions.map(({ hash }) => hash)));
    }
    // A refusal is news for the decision: it has to appear in status now, not when it is tried again.
    const freesAt = decision.waitsForPull ? this.#places.freesAt() : undefined;
    return { requeueAt: refused ? clock.now() : earliest(decision.requeueAt, retryAt, freesAt) };
  }

  async #decide(
    key: ModelKey,
    memory: ModelMemory,
    log: Log,
    signal: AbortSignal,
    onStep: (step: PassStep) => void,
  ): Promise<Decision> {
    const { decide, clock, view, settings, metrics } = this.#options;
    const evidence = new Map<string, Evidence>();
    const entropy = this.#options.entropy();
    if (memory.adoptable) memory.adoptable = { ...memory.adoptable, fresh: false };
    const records = this.#records.all;
    let leasesAsked = false;
    for (let round = 1; ; round++) {
      signal.throwIfAborted();
      // Anew in each round: answers take seconds, in which the cluster goes on.
      const pulls = this.#places.observed(key);
      const observed = observe({ view, settings, metrics }, key, {
        memory,
        evidence,
        entropy,
        pulls,
        records,
        leasesAsked,
      });
      const decision = decide(observed, clock.now());
      if (decision.needs.length === 0) {
        // Before anything is waited for: another pass decides in the next moment.
        this.#places.decided(key, podsToMake(decision), decision.waitsForPull);
        return decision;
      }
      if (round === MAX_ROUNDS) {
        const asked = decision.needs.map(nameOfNeed);
        throw new Error(`the decision still asks after ${MAX_ROUNDS} rounds: ${asked.join(', ')}`);
      }
      log.debug({ round, needs: decision.needs.length }, 'asking what the decision needs to know');
      onStep('Asking');
      const found = await answerNeeds(
        {
          ...this.#options,
          samples: this.#samples,
          defaultAddress: settings.prometheusAddress,
          records: this.#records,
        },
        key,
        decision.needs,
        memory,
        log,
      );
      leasesAsked ||= decision.needs.some(({ kind }) => kind === 'Leases');
      for (const [need, answer] of found) evidence.set(need, answer);
      onStep('Acting');
    }
  }

  #hasCandidate({ namespace, name }: ModelKey): boolean {
    return this.#options.view
      .configMaps(namespace, name)
      .some(({ memory }) => memory !== undefined && memory !== 'unreadable' && memory.ended === undefined);
  }

  #memory(key: ModelKey): ModelMemory {
    const text = modelKey(key.namespace, key.name);
    const memory = this.#memories.get(text) ?? new ModelMemory();
    this.#memories.set(text, memory);
    return memory;
  }
}

function podsToMake({ actions }: Decision): readonly string[] {
  return actions.flatMap((action) => (action.kind === 'CreatePod' ? [action.pod.metadata.name] : []));
}

function nameOfNeed(need: Need): string {
  switch (need.kind) {
    case 'Metric':
    case 'Judge':
      return need.key;
    case 'DryRun':
      return need.revision;
    case 'AdoptablePods':
      return need.selector;
    case 'Leases':
      return need.nodes.join(' ');
  }
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
