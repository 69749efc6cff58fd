import { randomBytes } from 'node:crypto';
import packageJson from '../../package.json' with { type: 'json' };
import type { Decide } from '../controller/reconcile.ts';
import { KubeClient } from '../kube/client.ts';
import { HttpsTransport } from '../kube/https-transport.ts';
import { loadKubeConfig } from '../kube/kubeconfig.ts';
import { createOperator } from '../operator/create-operator.ts';
import { PrometheusEvidenceSource } from '../prometheus/evidence-source.ts';
import { nodeExchange } from '../prometheus/node-exchange.ts';
import { health } from '../telemetry/health.ts';
import { serveTelemetry } from '../telemetry/http-server.ts';
import { createLog } from '../telemetry/log.ts';
import { measured } from '../telemetry/measured-metrics-source.ts';
import { operatorMetrics } from '../telemetry/operator-metrics.ts';
import { readiness } from '../telemetry/readiness.ts';
import { systemClock } from '../telemetry/system-clock.ts';
import type { Io } from './io.ts';
import { OPERATOR_USAGE, type OperatorFlags, parseOperatorFlags } from './operator-flags.ts';

/** Runs the operator on a cluster until it is interrupted; the exit code. */
export async function operator(argv: readonly string[], io: Io, decide: Decide): Promise<number> {
  const flags = parseOperatorFlags(argv, io.env);
  if (flags === 'help') {
    io.out(OPERATOR_USAGE);
    return 0;
  }
  if (flags === 'version') {
    io.out(packageJson.version);
    return 0;
  }
  await run(flags, io, decide);
  return 0;
}

/** The real parts around the operator: network, time, chance, log. */
async function run(flags: OperatorFlags, io: Io, decide: Decide): Promise<void> {
  const { kubeconfig, context, namespace, lease, concurrency } = flags;
  const load = () => loadKubeConfig({ kubeconfig, context, env: io.env });
  // At once and not at the first call: where there is no cluster to speak to, trying again does not help.
  const cluster = (await load()).getCurrentCluster();
  const log = createLog(flags.logLevel, io.out);
  const clock = systemClock;
  const metrics = operatorMetrics(packageJson.version);
  const transport = new HttpsTransport({ load, clock });
  const prometheus = nodeExchange();
  const operator = createOperator({
    client: new KubeClient(transport, { fieldManager: 'outrigger', clock, onRequest: metrics.onRequest }),
    clock,
    metrics: measured(new PrometheusEvidenceSource(prometheus.exchange), clock, metrics.onQuery),
    random: Math.random,
    entropy: () => randomBytes(16).toString('hex'),
    log,
    settings: {
      pauseImage: flags.pauseImage,
      prometheusAddress: flags.prometheus,
      maxPrefetching: flags.maxPrefetching,
    },
    decide,
    identity: io.identity,
    namespace,
    lease,
    concurrency,
    meter: metrics.meter,
  });
  const server =
    flags.listen &&
    (await serveTelemetry(flags.listen, {
      health: () => health(operator.state, clock.now()),
      readiness: () => readiness(operator.state, clock.now()),
      metrics: () => metrics.exposition(operator.state, clock.now()),
    }).catch((error: unknown) => {
      if (flags.listenNeeded) {
        throw new Error('--listen: the address cannot be used; choose another one, or "" for none', {
          cause: error,
        });
      }
      // A trial on somebody's machine, where 8080 is often taken and nobody asks for /healthz.
      log.warn(
        { error: String(error) },
        'no /healthz, /readyz and /metrics: choose an address with --listen',
      );
      return undefined;
    }));
  try {
    log.info(
      {
        version: packageJson.version,
        // Without the user and password that an address may carry.
        server: cluster && new URL(cluster.server).origin,
        namespace,
        identity: io.identity,
        listen: server?.port,
      },
      'starting',
    );
    await operator.start(io.signal);
    log.info({ reason: String(io.signal.reason?.message ?? io.signal.reason) }, 'stopped');
  } finally {
    await server?.close();
    prometheus.close();
    await transport.close();
  }
}
