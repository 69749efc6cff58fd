import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type Meter, ROLLOUT_OUTCOMES } from '../controller/ports/meter.ts';
import type { RequestRecord } from '../kube/exchange.ts';
import { isLeading, type OperatorState } from './operator-state.ts';
import type { QueryRecord } from './measured-metrics-source.ts';
import { readiness } from './readiness.ts';
import { STATE_METRICS, stateText } from './state-metrics.ts';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export interface OperatorMetrics {
  readonly meter: Meter;
  /** For the client: every exchange with the API server. */
  readonly onRequest: (record: RequestRecord) => void;
  /** For the source of evidence: every metric that was asked for. */
  readonly onQuery: (record: QueryRecord) => void;
  /** The page for Prometheus; what can be derived is, from the operator as it is at `now`, ms since the epoch. */
  readonly exposition: (
    state: OperatorState,
    now: number,
  ) => Promise<{ readonly contentType: string; readonly body: string }>;
  /** What is in the registry, the client library's own metrics too; docs/telemetry.md is held against it. */
  readonly described: () => readonly MetricDescription[];
}

export interface MetricDescription {
  readonly name: string;
  /** `counter`, `gauge` or `histogram`. */
  readonly type: string;
  readonly labels: readonly string[];
}

/**
 * Labels have few values each, or name a model or rollout in a gauge of its state: nodes, pods and revisions are
 * in logs, Events and status, never here.
 */
export function operatorMetrics(version: string): OperatorMetrics {
  const registry = new Registry();
  let at: { readonly state: OperatorState; readonly now: number } | undefined;

  const counter = <const Label extends string>(name: string, help: string, labelNames: readonly Label[]) => {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
  };
  const histogram = <const Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ) => {
    return new Histogram({
      name,
      help,
      labelNames: [...labelNames],
      buckets: SECONDS,
      registers: [registry],
    });
  };
  /** A gauge that is made anew at each scrape from the operator's state. */
  const derived = <const Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    fill: (gauge: Gauge<Label>, state: OperatorState, now: number) => void,
  ): void => {
    const gauge = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [],
      collect() {
        this.reset();
        if (at !== undefined) fill(this, at.state, at.now);
      },
    });
    registry.registerMetric(gauge);
  };

  const passes = counter(
    'outrigger_reconcile_total',
    'Passes over models, by how they ended; a conflict is no error.',
    ['outcome'],
  );
  const passSeconds = histogram(
    'outrigger_reconcile_duration_seconds',
    'Time of one pass over a model, with the calls that it makes.',
    [],
  );
  const actions = counter('outrigger_actions_total', 'Actions of decisions, by kind and outcome.', [
    'kind',
    'outcome',
  ]);
  const outcomes = counter(
    'outrigger_rollout_outcomes_total',
    'How revisions ended their way, counted by the process that leads when the mark is seen.',
    ['outcome'],
  );
  const requests = counter(
    'outrigger_api_requests_total',
    'Calls to the API server; code 0 where no answer came.',
    ['verb', 'resource', 'code', 'dry_run'],
  );
  const requestSeconds = histogram(
    'outrigger_api_request_duration_seconds',
    'Time of calls to the API server, by verb; of a watch until it opens.',
    ['verb'],
  );
  const queries = counter(
    'outrigger_prometheus_queries_total',
    'Times that a metric was asked of a Prometheus, by outcome.',
    ['outcome'],
  );
  const querySeconds = histogram(
    'outrigger_prometheus_query_duration_seconds',
    'Time until a metric was answered for, or given up.',
    [],
  );
  const watchFailures = counter(
    'outrigger_watch_failures_total',
    'Lists and watches that failed or ended too soon and were begun again.',
    ['resource'],
  );
  // From 0, so that increase() sees the first one too.
  for (const outcome of ROLLOUT_OUTCOMES) outcomes.inc({ outcome }, 0);

  derived('outrigger_build_info', 'The version that runs; always 1.', ['version'], (gauge) =>
    gauge.set({ version }, 1),
  );
  derived('outrigger_leader', '1 where this process leads.', [], (gauge, state) =>
    gauge.set(isLeading(state) ? 1 : 0),
  );
  derived('outrigger_ready', '1 where /readyz says so.', [], (gauge, state, now) =>
    gauge.set(readiness(state, now).ok ? 1 : 0),
  );
  derived('outrigger_queue_depth', 'Models that wait for a worker.', [], (gauge, { queueLength }) =>
    gauge.set(queueLength),
  );
  derived('outrigger_passes_running', 'Passes over models that are under way.', [], (gauge, state) =>
    gauge.set(state.passes.length),
  );
  derived(
    'outrigger_stored_objects',
    'Objects that this process keeps of a resource.',
    ['resource'],
    (gauge, { stored }) => {
      for (const [resource, count] of Object.entries(stored)) gauge.set({ resource }, count);
    },
  );
  derived(
    'outrigger_watch_connected',
    '1 where the stream of a watch is open.',
    ['resource'],
    (gauge, { watches }) => {
      for (const { resource, connected } of watches) gauge.set({ resource }, connected ? 1 : 0);
    },
  );
  derived(
    'outrigger_watch_last_answer_timestamp_seconds',
    'When the API server last answered for a watch; now, while its stream is open.',
    ['resource'],
    (gauge, { watches }) => {
      for (const { resource, lastAnswerAt } of watches) gauge.set({ resource }, lastAnswerAt / 1000);
    },
  );
  const dropped = new Counter({
    name: 'outrigger_events_dropped_total',
    help: 'Events that this process did not write because there were too many.',
    registers: [],
    collect() {
      this.reset();
      this.inc(at?.state.droppedEvents ?? 0);
    },
  });
  registry.registerMetric(dropped);
  collectDefaultMetrics({ register: registry });

  return {
    meter: {
      pass(outcome, durationMs) {
        passes.inc({ outcome });
        passSeconds.observe(durationMs / 1000);
      },
      action: (kind, outcome) => actions.inc({ kind, outcome }),
      outcome: (outcome) => outcomes.inc({ outcome }),
      watchFailed: (resource) => watchFailures.inc({ resource }),
    },
    onRequest({ verb, resource, status, dryRun, durationMs }) {
      requests.inc({ verb, resource, code: String(status), dry_run: String(dryRun) });
      requestSeconds.observe({ verb }, durationMs / 1000);
    },
    onQuery({ outcome, durationMs }) {
      queries.inc({ outcome });
      querySeconds.observe(durationMs / 1000);
    },
    async exposition(state, now) {
      at = { state, now };
      const ofObjects = stateText(state);
      return { contentType: registry.contentType, body: `${ofObjects}\n${await registry.metrics()}` };
    },
    described: () => [...STATE_METRICS, ...registry.getMetricsAsArray().map(describe)],
  };
}

/** The library's types leave out what every metric of it has. */
function describe(metric: object): MetricDescription {
  const { name, type, labelNames } = metric as {
    readonly name: string;
    readonly type: string;
    readonly labelNames: readonly string[];
  };
  return { name, type, labels: labelNames };
}
