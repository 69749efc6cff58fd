import { fakeLog, type LogLine } from '../../src/controller/fakes.ts';
import type { EdgeModelSpec } from '../../src/api/edge-model.ts';
import type { EdgeRolloutSpec } from '../../src/api/edge-rollout.ts';
import { API_VERSION } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import type { Decide } from '../../src/controller/reconcile.ts';
import { decide } from '../../src/core/decide.ts';
import { KubeClient } from '../../src/kube/client.ts';
import type { RequestRecord } from '../../src/kube/exchange.ts';
import { createOperator, type Operator, type OperatorOptions } from '../../src/operator/create-operator.ts';
import { PrometheusEvidenceSource } from '../../src/prometheus/evidence-source.ts';
import type { Simulation } from '../../src/sim/fleet/simulation.ts';
import { random } from '../../src/sim/inference/random.ts';

export const NAMESPACE = 'default';

export interface SimulatedOperator extends Operator {
  /** Calls to the API server, oldest first. */
  readonly requests: RequestRecord[];
  readonly log: LogLine[];
}

/** The operator as it is in production, over the simulation's API server, Prometheus and clock. */
export function operatorOn(
  simulation: Simulation,
  options: Partial<Pick<OperatorOptions, 'identity' | 'lease' | 'namespace'>> & {
    readonly decide?: Decide;
  } = {},
): SimulatedOperator {
  const { clock, apiServer, prometheus } = simulation;
  const identity = options.identity ?? 'operator-a';
  const { uniform } = random(`7/${identity}`);
  const requests: RequestRecord[] = [];
  const log: LogLine[] = [];
  const onRequest = (record: RequestRecord): void => void requests.push(record);
  const operator = createOperator({
    client: new KubeClient(apiServer, { fieldManager: 'outrigger', clock, random: uniform, onRequest }),
    clock,
    metrics: new PrometheusEvidenceSource(prometheus.exchange),
    random: uniform,
    log: fakeLog(log),
    settings: { pauseImage: 'rancher/mirrored-pause:3.6', prometheusAddress: 'http://prometheus:9090' },
    decide,
    identity,
    ...options,
  });
  return {
    start: (signal) => operator.start(signal),
    stop: () => operator.stop(),
    idle: () => operator.idle(),
    get ready() {
      return operator.ready;
    },
    get queueLength() {
      return operator.queueLength;
    },
    get state() {
      return operator.state;
    },
    requests,
    log,
  };
}

/** Runs the clock until the promise is settled. */
export async function settled<T>({ clock }: Pick<Simulation, 'clock'>, promise: Promise<T>): Promise<T> {
  let over = false;
  const outcome = promise.finally(() => {
    over = true;
  });
  // Asked for below; meanwhile it must not count as unhandled.
  outcome.catch(() => {});
  await clock.runUntil(() => over);
  return outcome;
}

export function model(
  spec: Partial<EdgeModelSpec> = {},
  name = 'defects',
): KubeObject & { readonly spec: EdgeModelSpec } {
  return {
    apiVersion: API_VERSION,
    kind: 'EdgeModel',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      version: '1.0.0',
      nodeSelector: { 'site-type': 'factory' },
      template: {
        spec: {
          containers: [
            {
              name: 'model',
              image: 'registry.example/server:1',
              ports: [{ name: 'http', containerPort: 8080 }],
              resources: { requests: { cpu: '100m', memory: '128Mi' } },
            },
          ],
        },
      },
      variants: [{ name: 'any', artifact: { mountPath: '/models', image: 'registry.example/defect:1' } }],
      ...spec,
    } as EdgeModelSpec,
  };
}

export function rollout(spec: Partial<EdgeRolloutSpec> = {}, name = 'defects'): KubeObject {
  const whole = { modelRef: { name: 'defects' }, ...spec };
  return {
    apiVersion: API_VERSION,
    kind: 'EdgeRollout',
    metadata: { name, namespace: NAMESPACE },
    spec: whole,
  } as KubeObject;
}
