import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Meter } from '../controller/ports/meter.ts';
import type { RequestRecord } from '../kube/exchange.ts';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export interface OperatorMetrics {
  readonly meter: Meter;
  /** For the client: every exchange with the API server. */
  readonly onRequest: (record: RequestRecord) => void;
  /** The page for Prometheus, with how many models wait for a worker now. */
  readonly exposition: (
    queueLength: number,
  ) => Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Labels have few values each: models, nodes and pods are in logs, Events and status, never here. */
export function operatorMetrics(): OperatorMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const passes = new Counter({
    name: 'outrigger_reconcile_total',
    help: 'Passes over models, by how they ended; a conflict is no error.',
    labelNames: ['outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'outrigger_reconcile_duration_seconds',
    help: 'Time of one pass over a model, with the calls that it makes.',
    buckets: SECONDS,
    registers,
  });
  const actions = new Counter({
    name: 'outrigger_actions_total',
    help: 'Actions of decisions, by kind and outcome.',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const requests = new Counter({
    name: 'outrigger_api_requests_total',
    help: 'Calls to the API server; code 0 where no answer came.',
    labelNames: ['verb', 'resource', 'code', 'dry_run'],
    registers,
  });
  const latencies = new Histogram({
    name: 'outrigger_api_request_duration_seconds',
    help: 'Time of calls to the API server, by verb; of a watch until it opens.',
    labelNames: ['verb'],
    buckets: SECONDS,
    registers,
  });
  const leader = new Gauge({
    name: 'outrigger_leader',
    help: '1 where this process leads.',
    registers,
  });
  const watchFailures = new Counter({
    name: 'outrigger_watch_failures_total',
    help: 'Lists and watches that failed or ended too soon and were begun again.',
    labelNames: ['resource'],
    registers,
  });
  const queue = new Gauge({
    name: 'outrigger_queue_depth',
    help: 'Models that wait for a worker.',
    registers,
  });
  leader.set(0);

  return {
    meter: {
      pass(outcome, durationMs) {
        passes.inc({ outcome });
        durations.observe(durationMs / 1000);
      },
      action: (kind, outcome) => actions.inc({ kind, outcome }),
      leading: (leads) => leader.set(leads ? 1 : 0),
      watchFailed: (resource) => watchFailures.inc({ resource }),
    },
    onRequest({ verb, resource, status, dryRun, durationMs }) {
      requests.inc({ verb, resource, code: String(status), dry_run: String(dryRun) });
      latencies.observe({ verb }, durationMs / 1000);
    },
    async exposition(queueLength) {
      queue.set(queueLength);
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
