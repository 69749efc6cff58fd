import { MODEL_DEFAULTS } from './defaults.ts';
import type { EdgeModelSpec } from './edge-model.ts';
import type { Hardware } from './hardware.ts';
import type { ModelService } from './service.ts';

export interface ServiceSettings {
  readonly port: number;
  /** A port's number or its name in the template. */
  readonly targetPort: number | string;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  readonly nodePort: number | undefined;
  readonly externalTrafficPolicy: 'Local' | 'Cluster' | undefined;
}

/** The parts of an EdgeModel's spec that have defaults and are no part of a revision. */
export interface ModelSettings {
  readonly updateStrategy: 'Auto' | 'Surge' | 'Replace';
  readonly updatePolicy: 'Rollout' | 'Rolling';
  readonly deletionPolicy: 'Delete' | 'Orphan';
  readonly revisionHistoryLimit: number;
  /** Undefined: no Service is made. */
  readonly service: ServiceSettings | undefined;
}

export function modelSettings(spec: EdgeModelSpec): ModelSettings {
  return {
    updateStrategy: spec.updateStrategy ?? MODEL_DEFAULTS.updateStrategy,
    updatePolicy: spec.updatePolicy ?? MODEL_DEFAULTS.updatePolicy,
    deletionPolicy: spec.deletionPolicy ?? MODEL_DEFAULTS.deletionPolicy,
    revisionHistoryLimit: spec.revisionHistoryLimit ?? MODEL_DEFAULTS.revisionHistoryLimit,
    service: spec.service === undefined ? undefined : serviceSettings(spec.service),
  };
}

export function bindingOf(hardware: Hardware | undefined): 'Sticky' | 'Strict' {
  return hardware?.binding ?? MODEL_DEFAULTS.binding;
}

function serviceSettings(service: ModelService): ServiceSettings {
  const port = service.port ?? MODEL_DEFAULTS.service.port;
  const type = service.type ?? MODEL_DEFAULTS.service.type;
  return {
    port,
    targetPort: service.targetPort ?? port,
    type,
    nodePort: service.nodePort,
    // A client from outside is to reach the pod of the node that it asked, as one from inside does.
    externalTrafficPolicy: service.externalTrafficPolicy ?? (type === 'ClusterIP' ? undefined : 'Local'),
  };
}
