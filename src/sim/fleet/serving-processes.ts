import { LABEL } from '../../api/names.ts';
import type { Clock } from '../../controller/clock.ts';
import type { Behaviour } from '../inference/behaviour.ts';
import type { Environment } from '../inference/environment.ts';
import { InferenceServer } from '../inference/inference-server.ts';
import type { NodeSpec } from './node-spec.ts';
import type { ContainerSpec, Pod } from './pod.ts';

export interface ServingProcessesOptions {
  readonly clock: Clock;
  readonly environment: Environment;
  readonly seed: string;
}

interface Process {
  readonly uid: string;
  readonly model: string;
  readonly server: InferenceServer;
  readonly ready: () => boolean;
}

/** The container that serves, as in an EdgeModel's template. */
const MODEL_CONTAINER = 'model';

/** Whether Prometheus is to scrape the pod: it belongs to a model and is there to serve. */
export function isServingPod(pod: Pod): boolean {
  const labels = pod.metadata.labels ?? {};
  return labels[LABEL.model] !== undefined && (labels[LABEL.role] ?? 'serve') === 'serve';
}

/** The inference servers on one node. A model's requests there are shared by its Ready pods. */
export class ServingProcesses {
  readonly #spec: NodeSpec;
  readonly #options: ServingProcessesOptions;
  readonly #processes = new Map<string, Process>();

  constructor(spec: NodeSpec, options: ServingProcessesOptions) {
    this.#spec = spec;
    this.#options = options;
  }

  serves(pod: Pod, container: ContainerSpec): boolean {
    return isServingPod(pod) && container.name === MODEL_CONTAINER;
  }

  started(pod: Pod, behaviour: Behaviour, restart: number, ready: () => boolean): void {
    const { clock, environment, seed } = this.#options;
    const { name, hardwareClass, baseline, device } = this.#spec;
    const { namespace = '', uid = '' } = pod.metadata;
    const model = `${namespace}/${pod.metadata.labels?.[LABEL.model]}`;
    const server = new InferenceServer({
      seed: `${seed}/${name}/${namespace}/${pod.metadata.name}/${restart}`,
      environment: environment.node(name, hardwareClass, baseline),
      behaviour,
      device,
      startedAt: clock.now(),
      share: () => {
        if (!ready()) return 0;
        return (
          1 / [...this.#processes.values()].filter((each) => each.model === model && each.ready()).length
        );
      },
    });
    this.#processes.set(keyOf(namespace, pod.metadata.name), { uid, model, server, ready });
  }

  stopped(pod: Pod, container: ContainerSpec): void {
    const key = keyOf(pod.metadata.namespace ?? '', pod.metadata.name);
    if (this.serves(pod, container) && this.#processes.get(key)?.uid === pod.metadata.uid) {
      this.#processes.delete(key);
    }
  }

  /** Requests until now are counted where they went, before a pod begins or ceases to be Ready. */
  settle(): void {
    const now = this.#options.clock.now();
    for (const { server } of this.#processes.values()) server.serve(now);
  }

  page(namespace: string, name: string): string | undefined {
    return this.#processes.get(keyOf(namespace, name))?.server.page(this.#options.clock.now());
  }
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
