import { KubeClient } from '../../kube/client.ts';
import { HttpsTransport } from '../../kube/https-transport.ts';
import { loadKubeConfig } from '../../kube/kubeconfig.ts';
import { PrometheusEvidenceSource } from '../../prometheus/evidence-source.ts';
import { nodeExchange } from '../../prometheus/node-exchange.ts';
import { systemClock } from '../../telemetry/system-clock.ts';
import { type Io, UsageError } from '../io.ts';
import { localPrometheus, prometheusAddress } from '../operator-flags.ts';
import { rolloutEvidence } from './rollout-evidence.ts';
import type { RolloutEvidence, RolloutWave } from './rollout-evidence.ts';

export interface LiveFlags extends Omit<RolloutWave, 'address'> {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly prometheus: string | undefined;
}

/** The evidence of a rollout on a real cluster and a real Prometheus. Errors: UsageError with what to do. */
export async function liveEvidence(
  flags: LiveFlags,
  { env, signal }: Pick<Io, 'env' | 'signal'>,
): Promise<RolloutEvidence> {
  const { kubeconfig, context, prometheus, ...wave } = flags;
  const address = prometheus === undefined ? undefined : prometheusAddress(prometheus);
  const load = () => loadKubeConfig({ kubeconfig, context, env });
  try {
    await load();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const clock = systemClock;
  const transport = new HttpsTransport({ load, clock });
  const network = nodeExchange();
  try {
    const found = rolloutEvidence(
      {
        client: new KubeClient(transport, { fieldManager: 'outrigger', clock }),
        metrics: new PrometheusEvidenceSource(network.exchange),
        clock,
        pause: () => Promise.resolve(),
        defaultAddress: localPrometheus(env),
      },
      { ...wave, address },
    );
    return await Promise.race([found, interrupted(signal)]);
  } finally {
    network.close();
    await transport.close();
  }
}

/** Never resolves; rejects with the signal's reason. */
function interrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
