import { pinnedAffinity } from './pinned-affinity.ts';
import { podLabels, podName, variantTemplate } from './serve-pod.ts';
import type { Pod, PodFor } from './serve-pod.ts';
import type { Volume } from './pod-template.ts';
import { modelOwner } from './owner.ts';
import { OFFLINE_TOLERATIONS } from '../hardware/taints.ts';
import { NODE_ANNOTATION } from '../views/pod-view.ts';
import type { PodSpec } from './pod-template.ts';

/**
 * A pod that makes the kubelet pull every image of a revision, the artifact among them, without running any
 * of them and without the accelerator: each image is an image volume, and a container starts only once the
 * volumes are there. It goes on running until the switch is done, so that the kubelet's garbage collection
 * leaves the images alone.
 *
 * @param pauseImage what runs in it; K3s has it on every node, because each pod's sandbox uses it
 */
export function prefetchPod(of: PodFor, pauseImage: string): Pod {
  const { model, content, variant, node, revision } = of;
  const template = variantTemplate(content, variant);
  const spec = template.spec;
  const images = [
    ...new Set(
      [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ image }) =>
        image === undefined ? [] : [image],
      ),
    ),
    ...(variant.artifact?.image === undefined ? [] : [variant.artifact.image]),
  ];
  const volumes: Volume[] = images.map((reference, index) => ({
    name: `image-${index}`,
    image: { reference, pullPolicy: 'IfNotPresent' },
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName('prefetch', model, revision, variant.name, node.name),
      namespace: model.metadata.namespace ?? '',
      // Not the template's own labels: a Service or a monitor that selects by them must not see this pod.
      labels: podLabels(of, 'prefetch'),
      annotations: { [NODE_ANNOTATION]: node.name },
      ownerReferences: [modelOwner(model)],
    },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 65535, seccompProfile: { type: 'RuntimeDefault' } },
      ...(spec.imagePullSecrets === undefined ? {} : { imagePullSecrets: spec.imagePullSecrets }),
      ...(spec['serviceAccountName'] === undefined ? {} : { serviceAccountName: spec['serviceAccountName'] }),
      containers: [
        {
          name: 'hold',
          image: pauseImage,
          imagePullPolicy: 'IfNotPresent',
          resources: { requests: { cpu: '1m', memory: '4Mi' }, limits: { memory: '16Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
      volumes,
      affinity: pinnedAffinity(undefined, node.name),
      tolerations: [
        ...(spec.tolerations ?? []),
        ...((content.tolerations ?? []) as PodSpec['tolerations'] & object),
        ...OFFLINE_TOLERATIONS,
      ],
    },
  };
}
