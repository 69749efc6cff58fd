import type { Evidence, HistogramForm } from '../../judge/evidence.ts';
import type { Track } from '../../judge/trial/trial.ts';
import type { MetricsConnection, MetricsSource } from '../ports/metrics-source.ts';
import type { Ask } from './ask.ts';
import { MOST_KEYS } from './ask.ts';
import type { JudgedNode } from './judged-node.ts';
import type { Roster, SampledQuery } from './metric-store.ts';
import { MetricStore } from './metric-store.ts';
import type { CoarseTrack, NodeKeys, ReadableMetric } from './track.ts';
import { coarseTrackOf, trackOf } from './track.ts';
import type { AxisOptions, TimeAxis } from './time-axis.ts';
import { columnsOver, timeAxis, windowOfColumns } from './time-axis.ts';

type Unavailable = Extract<Evidence, { kind: 'unavailable' }>;

/** One look at the evidence of one wave of one candidate. Times in ms, of the epoch where they are moments. */
export interface EvidenceLook extends AxisOptions {
  /** The rollout; it has one candidate at a time. */
  readonly owner: string;
  /** The candidate, its attempt and its wave: with another one all is asked anew. */
  readonly subject: string;
  readonly connection: MetricsConnection | undefined;
  readonly groupBy: string;
  readonly nodes: readonly JudgedNode[];
  readonly metrics: readonly LookedAtMetric[];
  readonly now: number;
  /** Steps that end later are not asked for yet: `now` less the time that samples usually take. */
  readonly until: number;
}

export interface LookedAtMetric {
  readonly name: string;
  readonly query: SampledQuery;
  /** The nodes that it is measured on; left out: all. */
  readonly nodes?: ReadonlySet<string>;
}

/** What is known of one metric after a look. */
export interface MetricState {
  /** Of histograms. */
  readonly bounds?: readonly number[];
  readonly histograms?: HistogramForm;
  readonly scrapesPerSample?: number;
  /** What went wrong now; samples of former looks are there all the same. */
  readonly problem?: Unavailable;
}

export interface LookResult {
  /** One for each judged node in the order of the request, also where it has no samples. */
  readonly tracks: readonly Track[];
  /** A judged node's past beyond the fine steps; put together when it is asked for. Undefined for other nodes. */
  readonly coarse: (node: string) => CoarseTrack | undefined;
  /** By the metric's name. */
  readonly metrics: ReadonlyMap<string, MetricState>;
}

/** What was fetched for one candidate. */
interface Held {
  readonly id: string;
  readonly axis: TimeAxis;
  readonly stores: Map<string, MetricStore>;
  /** By node: the label values that its pods had in the window. */
  readonly keys: Map<string, Set<string>>;
}

/** Nodes whose samples are put together before others get a turn. */
const NODES_AT_ONCE = 32;

/**
 * Keeps what was fetched of each rollout's candidate, so that a look asks Prometheus only for what is new and, at
 * times, for what was still missing. It is memory and no more: after a restart all is fetched again.
 */
export class EvidenceCache {
  readonly #metrics: Pick<MetricsSource, 'fetch'>;
  /** Lets others have a turn between two parts of a long computation. */
  readonly #pause: () => Promise<void>;
  readonly #held = new Map<string, Held>();

  constructor(metrics: Pick<MetricsSource, 'fetch'>, pause: () => Promise<void>) {
    this.#metrics = metrics;
    this.#pause = pause;
  }

  /** Never throws for what Prometheus does. Looks of one owner are not to overlap. */
  async look(look: EvidenceLook): Promise<LookResult> {
    const held = this.#of(look);
    for (const { node, key } of look.nodes) held.keys.set(node, (held.keys.get(node) ?? new Set()).add(key));
    const problems = new Map<string, Unavailable>();
    const asking: Promise<Unavailable | undefined>[] = [];
    for (const metric of look.metrics) {
      asking.push(this.#catchUp(look, held, metric));
      await this.#pause();
    }
    for (const [index, problem] of (await Promise.all(asking)).entries()) {
      const name = look.metrics[index]?.name;
      if (name !== undefined && problem !== undefined) problems.set(name, problem);
    }
    return this.#read(look, held, problems);
  }

  /** The owner has no candidate any more, or is gone. */
  drop(owner: string): void {
    this.#held.delete(owner);
  }

  #of(look: EvidenceLook): Held {
    const axis = timeAxis(look);
    const id = JSON.stringify([
      look.subject,
      look.groupBy,
      look.connection?.address,
      look.connection?.matchLabels,
      axis,
    ]);
    const known = this.#held.get(look.owner);
    if (known?.id === id) return known;
    const held: Held = { id, axis, stores: new Map(), keys: new Map() };
    this.#held.set(look.owner, held);
    return held;
  }

  /** Asks what is to be asked of one metric, one question after the other, up to the first that fails. */
  async #catchUp(look: EvidenceLook, held: Held, metric: LookedAtMetric): Promise<Unavailable | undefined> {
    const store = storeOf(held, metric);
    const columns = columnsOver(held.axis, look.until);
    const step = Math.floor((look.now - look.from) / look.resolution);
    const roster = rosterOf(look, held, metric);
    for (const ask of store.plan(roster, columns)) {
      const evidence = await this.#metrics.fetch(requestOf(look, held, metric, ask, roster));
      if (evidence.kind === 'unavailable') return evidence;
      store.ingest(ask, evidence, step, columns);
      await this.#pause();
    }
    return undefined;
  }

  async #read(
    look: EvidenceLook,
    held: Held,
    problems: ReadonlyMap<string, Unavailable>,
  ): Promise<LookResult> {
    const readable: { readonly metric: LookedAtMetric; readonly read: ReadableMetric }[] = [];
    const metrics = new Map<string, MetricState>();
    for (const metric of look.metrics) {
      const store = storeOf(held, metric);
      const common = store.bounds();
      const bounds = common?.bounds ?? [];
      readable.push({ metric, read: { name: metric.name, store, buckets: store.reader(bounds) } });
      const problem = problems.get(metric.name) ?? differing(common?.differ);
      metrics.set(metric.name, {
        ...(common !== undefined && { bounds, histograms: common.form }),
        ...(store.scrapesPerSample !== undefined && { scrapesPerSample: store.scrapesPerSample }),
        ...(problem !== undefined && { problem }),
      });
      await this.#pause();
    }
    const measuredOn = (node: string): readonly ReadableMetric[] =>
      readable.filter(({ metric }) => metric.nodes?.has(node) ?? true).map(({ read }) => read);
    const keysOf = ({ node, historyKey }: JudgedNode): NodeKeys => ({
      past: historyKey,
      present: [...(held.keys.get(node) ?? [])],
    });
    const tracks: Track[] = [];
    for (const node of look.nodes) {
      tracks.push(trackOf(node, keysOf(node), measuredOn(node.node)));
      if (tracks.length % NODES_AT_ONCE === 0) await this.#pause();
    }
    const byName = new Map(look.nodes.map((node) => [node.node, node]));
    const coarse: LookResult['coarse'] = (name) => {
      const node = byName.get(name);
      return node === undefined ? undefined : coarseTrackOf(node, keysOf(node), measuredOn(name));
    };
    return { tracks, coarse, metrics };
  }
}

/** A metric that was edited is another one. */
const storeOf = (held: Held, { name, query }: LookedAtMetric): MetricStore => {
  const known = held.stores.get(name);
  if (known !== undefined && JSON.stringify(known.query) === JSON.stringify(query)) return known;
  const store = new MetricStore(query, held.axis);
  held.stores.set(name, store);
  return store;
};

const rosterOf = (look: EvidenceLook, held: Held, { nodes }: LookedAtMetric): Roster => {
  const measured = look.nodes.filter(({ node }) => nodes?.has(node) ?? true);
  return {
    past: [...new Set(measured.map(({ historyKey }) => historyKey))].toSorted(),
    present: [...new Set(measured.flatMap(({ node }) => [...(held.keys.get(node) ?? [])]))].toSorted(),
  };
};

const requestOf = (
  { connection, groupBy }: EvidenceLook,
  { axis }: Held,
  { query }: LookedAtMetric,
  ask: Ask,
  roster: Roster,
): Parameters<MetricsSource['fetch']>[0] => ({
  connection,
  query,
  groupBy,
  keys: ask.keys,
  nodes: [],
  window: windowOfColumns(axis, ask.stretch, ask.first, ask.end),
  countScrapes: ask.late && ask.stretch === 'window' && isOfMost(ask, roster),
});

/**
 * Where most pods lack samples a step may be too short for two scrapes, which one more query tells. Where few do they
 * are dark, and how often they were scraped before that says nothing.
 */
const isOfMost = ({ keys }: Ask, { present }: Roster): boolean =>
  2 * keys.length >= Math.min(MOST_KEYS, present.length);

const differing = (message: string | undefined): Unavailable | undefined =>
  message === undefined ? undefined : { kind: 'unavailable', reason: 'BucketsDiffer', message };
