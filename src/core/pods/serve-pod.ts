import { shortHash } from '../../api/canonical.ts';
import { CONFIG_MOUNT_PATH } from '../../api/defaults.ts';
import { bindingOf } from '../../api/model-settings.ts';
import { MODEL_CONTAINER } from '../../api/pod-template.ts';
import { LABEL, MANAGED_BY } from '../../api/names.ts';
import type { EdgeModel } from '../../api/edge-model.ts';
import type { Variant } from '../../api/variant.ts';
import type { KubeObject } from '../../api/object-meta.ts';
import { stableSelector } from '../hardware/variant-fit.ts';
import { OFFLINE_TOLERATIONS } from '../hardware/taints.ts';
import type { RevisionContent } from '../revision/revision.ts';
import type { NodeView } from '../views/node-view.ts';
import { NODE_ANNOTATION } from '../views/pod-view.ts';
import type { PodRole } from '../views/pod-view.ts';
import { podOwner } from './owner.ts';
import { pinnedAffinity } from './pinned-affinity.ts';
import type { Container, PodSpec, PodTemplate, Volume } from './pod-template.ts';
import { strategicMerge } from './strategic-merge.ts';

export interface Pod extends KubeObject {
  readonly spec: PodSpec;
}

const ARTIFACT_VOLUME = 'outrigger-artifact';
const CONFIG_VOLUME = 'outrigger-config';

export interface PodFor {
  readonly model: EdgeModel;
  readonly revision: string;
  readonly content: RevisionContent;
  readonly variant: Variant;
  readonly cohort: string;
  readonly node: Pick<NodeView, 'name' | 'uid' | 'labels'>;
}

/** The same pod has the same name on every try: two operators, or one that was killed and came back, cannot make it twice. */
export function podName(
  role: PodRole,
  model: EdgeModel,
  revision: string,
  variant: string,
  node: string,
): string {
  const suffix = shortHash([model.metadata.uid ?? '', role, revision, variant, node], 16);
  return `${model.metadata.name.slice(0, 63 - 17).replace(/[-.]+$/, '')}-${suffix}`;
}

export function configMapName(model: EdgeModel, revision: string): string {
  return `${model.metadata.name}-config-${revision}`;
}

/** The template with the variant's patch over it. */
export function variantTemplate(content: RevisionContent, variant: Variant): PodTemplate {
  return strategicMerge(content.template as unknown as PodTemplate, variant.patch ?? {});
}

export function podLabels(of: PodFor, role: PodRole): Record<string, string> {
  const { model, content, node } = of;
  const fromNode = Object.fromEntries(
    (content.podLabelsFromNode ?? []).flatMap((key) => {
      const value = node.labels[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
  return {
    ...fromNode,
    [LABEL.name]: model.metadata.name,
    [LABEL.instance]: model.metadata.name,
    [LABEL.version]: content.version,
    [LABEL.managedBy]: MANAGED_BY,
    [LABEL.model]: model.metadata.name,
    [LABEL.revision]: of.revision,
    [LABEL.variant]: of.variant.name,
    [LABEL.cohort]: of.cohort,
    [LABEL.role]: role,
  };
}

/** The pod that serves the revision on one node. */
export function servePod(of: PodFor): Pod {
  const { model, content, variant, node, revision } = of;
  const template = variantTemplate(content, variant);
  const spec = template.spec;
  const strict = bindingOf(variant.hardware) === 'Strict';
  const nodeSelector = {
    ...spec.nodeSelector,
    ...(strict ? variant.hardware?.nodeSelector : stableSelector(variant)),
  };
  const hasConfig = Object.keys(content.config ?? {}).length > 0;
  const artifact = variant.artifact;
  const volumes: Volume[] = [...(spec.volumes ?? [])];
  const mounts: { name: string; mountPath: string; readOnly: boolean }[] = [];
  if (artifact?.image !== undefined) {
    volumes.push({ name: ARTIFACT_VOLUME, image: { reference: artifact.image, pullPolicy: 'IfNotPresent' } });
    mounts.push({ name: ARTIFACT_VOLUME, mountPath: artifact.mountPath, readOnly: true });
  }
  if (hasConfig) {
    volumes.push({ name: CONFIG_VOLUME, configMap: { name: configMapName(model, revision) } });
    mounts.push({ name: CONFIG_VOLUME, mountPath: CONFIG_MOUNT_PATH, readOnly: true });
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName('serve', model, revision, variant.name, node.name),
      namespace: model.metadata.namespace ?? '',
      labels: { ...template.metadata?.labels, ...podLabels(of, 'serve') },
      annotations: { ...template.metadata?.annotations, [NODE_ANNOTATION]: node.name },
      ownerReferences: [podOwner(model, node)],
    },
    spec: {
      ...spec,
      containers: spec.containers.map((container) =>
        container.name === MODEL_CONTAINER
          ? modelContainer(container, variant.hardware?.resources, mounts)
          : container,
      ),
      ...(volumes.length > 0 ? { volumes } : {}),
      ...(Object.keys(nodeSelector).length > 0 ? { nodeSelector } : {}),
      affinity: pinnedAffinity(spec.affinity, node.name, strict ? variant.hardware?.matchExpressions : []),
      tolerations: [
        ...(spec.tolerations ?? []),
        ...((content.tolerations ?? []) as PodSpec['tolerations'] & object),
        ...OFFLINE_TOLERATIONS,
      ],
    },
  };
}

function modelContainer(
  container: Container,
  resources: Readonly<Record<string, string | number>> | undefined,
  mounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly: boolean }[],
): Container {
  const wanted = Object.fromEntries(
    Object.entries(resources ?? {}).map(([name, value]) => [name, String(value)]),
  );
  // Kubernetes wants requests and limits of an extended resource to be equal.
  const exclusive = Object.fromEntries(Object.entries(wanted).filter(([name]) => isExtendedResource(name)));
  return {
    ...container,
    ...(resources === undefined
      ? {}
      : {
          resources: {
            ...container.resources,
            // Over the template's own: what a node must have for the variant is what its pod is to be given.
            requests: { ...container.resources?.requests, ...wanted },
            ...(Object.keys(exclusive).length > 0 || container.resources?.limits
              ? { limits: { ...container.resources?.limits, ...exclusive } }
              : {}),
          },
        }),
    ...(mounts.length > 0 ? { volumeMounts: [...(container.volumeMounts ?? []), ...mounts] } : {}),
  };
}

/** Devices and other resources outside Kubernetes' own: whole, and never shared between two pods. */
export function isExtendedResource(name: string): boolean {
  return name.includes('/') && !name.startsWith('kubernetes.io/') && !name.includes('.kubernetes.io/');
}
