import { afterEach } from 'vitest';
import { LABEL } from '../../api/names.ts';
import { RESOURCES } from '../../kube/resource.ts';
import type { Node } from './node.ts';
import { edgeNodes } from './node-spec.ts';
import type { ContainerStatus, Pod, PodCondition } from './pod.ts';
import { createSimulation, type Simulation } from './simulation.ts';

export const NAMESPACE = 'default';

/** A simulated cluster of three nodes for each test of a file, with what the tests ask of it. */
export class TestCluster {
  #simulation: Simulation | undefined;

  constructor() {
    afterEach(() => this.end());
  }

  get simulation(): Simulation {
    if (this.#simulation === undefined) throw new Error('the cluster has not begun');
    return this.#simulation;
  }

  async begin(): Promise<Simulation> {
    this.#simulation = createSimulation({ seed: 7, nodes: edgeNodes(3) });
    await this.#simulation.start();
    return this.#simulation;
  }

  async end(): Promise<void> {
    await this.#simulation?.stop();
  }

  create(pod: Pod): Promise<Pod> {
    return this.simulation.client.create<Pod>(RESOURCES.pods, NAMESPACE, pod);
  }

  read(name: string): Promise<Pod> {
    return this.simulation.client.get<Pod>(RESOURCES.pods, NAMESPACE, name);
  }

  readNode(name: string): Promise<Node> {
    return this.simulation.client.get<Node>(RESOURCES.nodes, undefined, name);
  }
}

export function conditionOf(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((each) => each.type === type);
}

export function modelOf(pod: Pod): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find((each) => each.name === 'model');
}

/** A pod as Outrigger makes one: pinned, with the model's labels. */
export function modelPod(
  name: string,
  node: string,
  options: { annotations?: Record<string, string>; gpu?: boolean } = {},
): Pod {
  const resources =
    options.gpu === true ? { requests: { 'nvidia.com/gpu': '1' }, limits: { 'nvidia.com/gpu': '1' } } : {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: NAMESPACE,
      labels: {
        [LABEL.model]: 'defects',
        [LABEL.revision]: 'r1',
        [LABEL.variant]: 'orin',
        [LABEL.role]: 'serve',
      },
      ...(options.annotations !== undefined && { annotations: options.annotations }),
    },
    spec: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }],
          },
        },
      },
      tolerations: [
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
      ],
      containers: [{ name: 'model', image: 'registry.example/server:1', resources }],
      volumes: [{ name: 'artifact', image: { reference: 'registry.example/defect:1' } }],
    },
  };
}
