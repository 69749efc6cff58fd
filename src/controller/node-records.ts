import { afterAsking, afterChange, isForgettable, NO_RECORD } from '../core/node/node-record.ts';
import type { NodeRecord } from '../core/node/node-record.ts';
import type { Clock } from './clock.ts';
import { isApiFailure } from './ports/api-failure.ts';
import type { ClusterChange, ClusterView } from './ports/cluster-view.ts';
import type { Log } from './ports/log.ts';
import type { NodeLeaseSource } from './ports/node-lease-source.ts';

export interface NodeRecordsOptions {
  readonly view: Pick<ClusterView, 'nodes'>;
  readonly leases: NodeLeaseSource;
  readonly clock: Clock;
}

/** Leases that are asked for at once: a wave of hundreds of nodes is no reason for hundreds of calls in a moment. */
const AT_ONCE = 8;

/** After a refusal nothing is asked for so long; then the right may have been given. */
const REFUSED_MS = 10 * 60_000;

/**
 * What was noticed of nodes since this process leads, shared by all models: when they went dark and came back, by the
 * operator's own clock, and what their Leases said when somebody was about to disturb them.
 */
export class NodeRecords {
  readonly #options: NodeRecordsOptions;
  readonly #records = new Map<string, NodeRecord>();
  #refusedAt = Number.NEGATIVE_INFINITY;
  readonly #told = new Set<'refused' | 'missing' | 'unanswered'>();

  constructor(options: NodeRecordsOptions) {
    this.#options = options;
    const now = options.clock.now();
    // Written by a clock that is ahead: the node would count as new until the time has come.
    for (const { name, ready, readySince } of options.view.nodes()) {
      if (ready === 'True' && readySince > now) this.#records.set(name, { ...NO_RECORD, backAt: now });
    }
  }

  /** By node name; of nodes that nothing was noticed of there is none. */
  get all(): ReadonlyMap<string, NodeRecord> {
    return this.#records;
  }

  noticed(change: ClusterChange): void {
    if (change.kind !== 'Node') return;
    if (change.new === undefined) {
      if (change.old !== undefined) this.#records.delete(change.old.name);
      return;
    }
    if (change.old === undefined || change.old.uid !== change.new.uid) return;
    if ((change.old.ready === 'True') === (change.new.ready === 'True')) return;
    const { name } = change.new;
    const now = this.#options.clock.now();
    this.#records.set(name, afterChange(this.#of(name), change.old, change.new, now));
    this.#forget(now);
  }

  /** Resolves when each of them was asked for, or could not be. */
  async ask(nodes: readonly string[], log: Log): Promise<void> {
    const line = [...nodes];
    const next = async (): Promise<void> => {
      for (let node = line.shift(); node !== undefined; node = line.shift()) {
        const answer = await this.#read(node, log);
        this.#records.set(node, afterAsking(this.#of(node), answer, this.#options.clock.now()));
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, nodes.length) }, next));
  }

  async #read(node: string, log: Log): Promise<Parameters<typeof afterAsking>[1]> {
    const { leases, clock } = this.#options;
    if (clock.now() - this.#refusedAt < REFUSED_MS) return 'Absent';
    try {
      const lease = await leases.read(node);
      if (lease === undefined && this.#isNews('missing'))
        log.warn({ node }, 'a node has no Lease and is judged by its conditions alone');
      return lease ?? 'Absent';
    } catch (error) {
      if (!isApiFailure(error)) throw error;
      if (error.code === 'forbidden') {
        this.#refusedAt = clock.now();
        if (this.#isNews('refused'))
          log.warn(
            { error: error.serverMessage },
            'Leases of nodes may not be read: all nodes are judged by their conditions alone',
          );
        return 'Absent';
      }
      if (this.#isNews('unanswered'))
        log.warn({ node, error: error.message }, 'the Lease of a node could not be read, trying again');
      return 'Unanswered';
    }
  }

  /** Once is enough: it holds for many nodes, and for long. */
  #isNews(what: 'refused' | 'missing' | 'unanswered'): boolean {
    const isNews = !this.#told.has(what);
    this.#told.add(what);
    return isNews;
  }

  #of(node: string): NodeRecord {
    return this.#records.get(node) ?? NO_RECORD;
  }

  #forget(now: number): void {
    for (const [name, record] of this.#records) if (isForgettable(record, now)) this.#records.delete(name);
  }
}
