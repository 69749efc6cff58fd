import { RESOURCES } from '../../kube/resource.ts';
import { kind, type Kind } from './kind.ts';
import { admitPod, chargeQuota } from './pod-admission.ts';
import { decodePodQuantities } from './pod-resources.ts';
import { defaultPod } from './pod-defaults.ts';
import { POD_FIELD_TYPE } from './pod-field-type.ts';
import { unknownPodFields } from './pod-fields.ts';
import { podErrors } from './pod-validation.ts';

export function podKind(): Kind {
  return kind(RESOURCES.pods, {
    hasStatus: true,
    hasGeneration: true,
    fieldType: POD_FIELD_TYPE,
    unknownFields: unknownPodFields,
    decode: decodePodQuantities,
    prepare: defaultPod,
    validate: podErrors,
    admit: admitPod,
    charge: chargeQuota,
    gracePeriod(pod, asked) {
      const { spec = {}, status = {} } = pod;
      if (!spec['nodeName'] || status['phase'] === 'Succeeded' || status['phase'] === 'Failed') return 0;
      return asked ?? Number(spec['terminationGracePeriodSeconds'] ?? 30);
    },
  });
}
