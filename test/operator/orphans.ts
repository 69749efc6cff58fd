import type { KubeObject } from '../../src/api/object-meta.ts';
import type { Node } from '../../src/sim/fleet/node.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { type Lab, NAMESPACE } from './harness.ts';

export interface OrphanOptions {
  /** Of another image on the nodes that it names. */
  readonly image?: (node: string) => string;
  readonly spec?: object;
}

/** Pods as `kubectl delete daemonset defect --cascade=orphan` leaves them: one on each node, and nobody's. */
export async function orphanedPods(lab: Lab, options: OrphanOptions = {}): Promise<readonly string[]> {
  const { image = () => 'registry.example/onnx-server:0.9', spec = {} } = options;
  const nodes = await lab.client.listAll<Node>(RESOURCES.nodes);
  const names = nodes.map(({ metadata }) => metadata.name);
  for (const node of names) {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `defect-${node}`,
        namespace: NAMESPACE,
        labels: {
          app: 'defect',
          'controller-revision-hash': '5d5b8f6c4',
          'app.kubernetes.io/version': '0.9.0',
        },
      },
      spec: {
        containers: [
          {
            name: 'server',
            image: image(node),
            resources: { requests: { cpu: '50m', memory: '64Mi' } },
          },
        ],
        tolerations: [
          { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
          { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
        ],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] },
              ],
            },
          },
        },
        ...spec,
      },
    } as KubeObject;
    await lab.client.create(RESOURCES.pods, NAMESPACE, pod);
  }
  await lab.run(30);
  return names;
}
