import { modelSettings } from '../../api/model-settings.ts';
import { LABEL, MANAGED_BY } from '../../api/names.ts';
import type { EdgeModel } from '../../api/edge-model.ts';
import type { KubeObject } from '../../api/object-meta.ts';
import { controllerOf } from '../views/controller-of.ts';
import { partOwner } from './owner.ts';

interface Service extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly internalTrafficPolicy?: string;
    readonly externalTrafficPolicy?: string;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      readonly targetPort?: number | string;
      readonly nodePort?: number;
    }[];
  };
}

/** The Service named like the model; a client on a node reaches the pod of its own node. Undefined where none is wanted. */
export function desiredService(model: EdgeModel): Service | undefined {
  const service = modelSettings(model.spec).service;
  if (service === undefined) return undefined;
  const owner = partOwner(model);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: model.metadata.name,
      namespace: model.metadata.namespace ?? '',
      labels: {
        [LABEL.name]: model.metadata.name,
        [LABEL.managedBy]: MANAGED_BY,
        [LABEL.model]: model.metadata.name,
      },
      ...(owner === undefined ? {} : { ownerReferences: [owner] }),
    },
    spec: {
      type: service.type,
      selector: { [LABEL.model]: model.metadata.name, [LABEL.role]: 'serve' },
      internalTrafficPolicy: 'Local',
      ...(service.externalTrafficPolicy === undefined
        ? {}
        : { externalTrafficPolicy: service.externalTrafficPolicy }),
      ports: [
        {
          name: 'http',
          port: service.port,
          targetPort: service.targetPort,
          ...(service.nodePort === undefined ? {} : { nodePort: service.nodePort }),
        },
      ],
    },
  };
}

/** Also one that has no owner and carries our labels: it outlived a model, or is to outlive this one. */
export function isOurs({ metadata }: KubeObject, model: Pick<KubeObject, 'metadata'>): boolean {
  const controller = controllerOf(metadata);
  if (controller !== undefined) return controller.uid === model.metadata.uid;
  const { labels } = metadata;
  return labels?.[LABEL.model] === model.metadata.name && labels[LABEL.managedBy] === MANAGED_BY;
}

/** Whether what is there already says what is wanted; what the API server fills in does not count. */
export function sameService(wanted: Service, found: KubeObject): boolean {
  const actual = (found as Service).spec;
  const spec = wanted.spec;
  const port = spec?.ports?.[0];
  const there = actual?.ports?.[0];
  return (
    controllerOf(wanted.metadata)?.uid === controllerOf(found.metadata)?.uid &&
    actual?.ports?.length === 1 &&
    actual.type === spec?.type &&
    actual.internalTrafficPolicy === spec?.internalTrafficPolicy &&
    (spec?.externalTrafficPolicy === undefined ||
      actual.externalTrafficPolicy === spec.externalTrafficPolicy) &&
    there?.port === port?.port &&
    there?.targetPort === port?.targetPort &&
    (port?.nodePort === undefined || there?.nodePort === port.nodePort) &&
    Object.entries(spec?.selector ?? {}).every(([key, value]) => actual.selector?.[key] === value)
  );
}
