import type { Clock } from '../controller/clock.ts';
import { EventRecorder } from '../controller/event-recorder.ts';
import { leadWhileElected } from '../controller/leader.ts';
import type { Log } from '../controller/ports/log.ts';
import { type Meter, NO_METER } from '../controller/ports/meter.ts';
import type { MetricsSource } from '../controller/ports/metrics-source.ts';
import type { Decide } from '../controller/reconcile.ts';
import { DEBOUNCE_MS, type PassUnderWay, Workers, type WorkersOptions } from '../controller/workers.ts';
import type { Settings } from '../core/observed.ts';
import type { KubeClient } from '../kube/client.ts';
import { ClusterStores } from '../kube/cluster/cluster-stores.ts';
import { nodeLeaseReader } from '../kube/cluster/node-lease-reader.ts';
import { secretReader } from '../kube/cluster/secret-reader.ts';
import { storeView } from '../kube/cluster/store-view.ts';
import { storeWriter } from '../kube/cluster/store-writer.ts';
import type { WatchHealth } from '../kube/watch-health.ts';
import type { OperatorState, Term } from '../telemetry/operator-state.ts';
import { eventStore } from '../kube/event-store.ts';
import { leaseStore } from '../kube/lease-store.ts';
import { isLeading } from '../telemetry/operator-state.ts';
import { countOutcomes } from './rollout-outcomes.ts';
import type { KubeObject } from '../api/object-meta.ts';
import { randomText } from './random-text.ts';
import { leaderLog, watchFailureLog } from './trouble-log.ts';

export interface OperatorOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly metrics: MetricsSource;
  /** Numbers in [0, 1) for jitter. */
  readonly random: () => number;
  readonly log: Log;
  readonly settings: Settings;
  readonly decide: Decide;
  /** A name that no other process has; in events and in the lease. */
  readonly identity: string;
  /** Only models of this namespace. */
  readonly namespace?: string | undefined;
  /** The Lease that is to be held; without it this process leads at once. */
  readonly lease?: { readonly namespace: string; readonly name: string } | undefined;
  /** Models that are worked on at once; 4. */
  readonly concurrency?: number;
  readonly meter?: Meter;
  /** At least 128 random bits as text; made of `random` unless given. */
  readonly entropy?: () => string;
}

export interface Operator {
  /** Runs until the signal is aborted or `stop` is called; then the lease is given back and nothing is left open. */
  start(signal?: AbortSignal): Promise<void>;
  /** Resolves when it has ended. */
  stop(): Promise<void>;
  /** Resolves when this process leads and there is nothing to do until something changes or falls due. */
  idle(): Promise<void>;
  /** Whether the whole cluster has been read. */
  readonly ready: boolean;
  readonly queueLength: number;
  /** For /metrics, /healthz and /readyz. */
  readonly state: OperatorState;
}

/** How long a watch may take to tell of what was written before nothing means that nothing comes. */
const QUIET_MS = 2 * DEBOUNCE_MS + 40;

/** The operator over any client and clock: the same on a cluster and in the simulation. */
export function createOperator(options: OperatorOptions): Operator {
  return new AssembledOperator(options);
}

class AssembledOperator implements Operator, OperatorState {
  readonly #options: OperatorOptions;
  readonly #stores: ClusterStores;
  readonly #events: EventRecorder;
  readonly #workersOptions: WorkersOptions;
  readonly #stopping = new AbortController();
  #workers: Workers | undefined;
  #term: Term | undefined;
  #changes = 0;
  #running: Promise<void> | undefined;

  constructor(options: OperatorOptions) {
    this.#options = options;
    const { client, clock, random, log, settings, decide, metrics, identity, meter = NO_METER } = options;
    const entropy = options.entropy ?? (() => randomText(random));
    this.#stores = new ClusterStores({
      client,
      clock,
      random,
      namespace: options.namespace,
      onFailure: watchFailureLog(log, meter),
      onHandlerError: (error) => log.error({ err: error }, 'an object from a watch could not be taken in'),
      onUnreadableMemory: ({ namespace, name }) =>
        log.warn(
          { namespace, configMap: name },
          'the memory of a candidate cannot be read and counts as lost',
        ),
    });
    this.#stores.subscribe(() => void this.#changes++);
    countOutcomes(this.#stores, (outcome) => {
      if (isLeading(this)) meter.outcome(outcome);
    });
    this.#events = new EventRecorder({
      sink: eventStore(client, {
        controller: 'outrigger-controller',
        instance: identity.slice(0, 128),
        suffix: () => entropy().slice(0, 8),
      }),
      clock,
      onError: (error) => log.warn({ error: String(error) }, 'an event could not be written'),
    });
    const view = storeView(this.#stores);
    this.#workersOptions = {
      view,
      changes: this.#stores,
      writer: storeWriter({ client, stores: this.#stores, clock }),
      secrets: secretReader(client),
      leases: nodeLeaseReader(client),
      events: this.#events,
      concurrency: options.concurrency ?? 4,
      clock,
      random,
      log,
      settings,
      decide,
      metrics,
      meter,
      entropy,
    };
  }

  get ready(): boolean {
    return this.#stores.hasSynced;
  }

  get queueLength(): number {
    return this.#workers?.queueLength ?? 0;
  }

  get state(): OperatorState {
    return this;
  }

  get watches(): readonly WatchHealth[] {
    return this.#stores.watches();
  }

  get term(): Term | undefined {
    return this.#term;
  }

  get passes(): readonly PassUnderWay[] {
    return this.#workers?.underWay ?? [];
  }

  get droppedEvents(): number {
    return this.#events.dropped;
  }

  get models(): readonly KubeObject[] {
    return this.#stores.models.list();
  }

  get rollouts(): readonly KubeObject[] {
    return this.#stores.rollouts.list();
  }

  get stored(): Readonly<Record<string, number>> {
    return this.#stores.sizes();
  }

  start(signal?: AbortSignal): Promise<void> {
    this.#running ??= this.#run(signal);
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the operator was stopped'));
    await this.#running;
  }

  async idle(): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      const before = this.#activity();
      await clock.sleep(QUIET_MS, this.#stopping.signal);
      const workers = this.#workers;
      if (workers !== undefined && !workers.busy && before === this.#activity()) return;
    }
  }

  #activity(): string {
    return `${this.#workers?.passes}/${this.#changes}`;
  }

  async #run(outer?: AbortSignal): Promise<void> {
    const { clock, log, lease, client, identity, random } = this.#options;
    const signal =
      outer === undefined ? this.#stopping.signal : AbortSignal.any([outer, this.#stopping.signal]);
    // The stores stay for the last actions of the workers.
    const watching = new AbortController();
    const watches = this.#stores.run(watching.signal);
    try {
      await Promise.race([this.#stores.synced(), aborted(signal)]);
      if (signal.aborted) return;
      log.info(
        { models: this.#stores.models.size, nodes: this.#stores.nodes.size },
        'the cluster has been read',
      );
      if (lease === undefined) {
        await this.#lead(signal);
      } else {
        const onChange = leaderLog(log);
        const onRenew = (renewedAt: number): void => this.#renewed(renewedAt);
        const port = leaseStore(client, lease.namespace, lease.name);
        await leadWhileElected(
          { lease: port, clock, identity, random, onChange, onRenew },
          (term) => this.#lead(term, clock.now()),
          signal,
        );
      }
    } finally {
      await this.#events.flush();
      watching.abort();
      await watches;
    }
  }

  #renewed(renewedAt: number): void {
    if (this.#term !== undefined && isLeading(this)) this.#term = { ...this.#term, renewedAt };
  }

  /** @param renewedAt undefined without a lease */
  async #lead(signal: AbortSignal, renewedAt?: number): Promise<void> {
    const { log, clock } = this.#options;
    const workers = new Workers(this.#workersOptions, signal);
    this.#workers = workers;
    this.#term = { renewedAt, endedAt: undefined };
    // Before the workers have ended: nothing is written from here on.
    const onEnd = (): void => {
      if (this.#workers === workers && this.#term) this.#term = { ...this.#term, endedAt: clock.now() };
    };
    signal.addEventListener('abort', onEnd, { once: true });
    log.info({ identity: this.#options.identity }, 'leading');
    try {
      await workers.run();
    } finally {
      signal.removeEventListener('abort', onEnd);
      this.#workers = undefined;
      this.#term = undefined;
      log.info({ identity: this.#options.identity }, 'no longer leading');
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
