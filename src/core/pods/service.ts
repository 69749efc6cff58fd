import { modelSettings } from '../../api/model-settings.ts';
import { LABEL, MANAGED_BY } from '../../api/names.ts';
import type { EdgeModel } from '../../api/edge-model.ts';
import type { KubeObject } from '../../api/object-meta.ts';
import { modelOwner } from './owner.ts';

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
      ownerReferences: [modelOwner(model)],
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

export function isOurs(object: KubeObject, model: EdgeModel): boolean {
  return (
    object.metadata.ownerReferences?.some(
      ({ uid, controller }) => controller === true && uid === model.metadata.uid,
    ) === true
  );
}

/** Whether what is there already says what is wanted; what the API server fills in does not count. */
export function sameService(wanted: Service, found: KubeObject): boolean {
  const actual = (found as Service).spec;
  const spec = wanted.spec;
  const port = spec?.ports?.[0];
  const there = actual?.ports?.[0];
  return (
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
