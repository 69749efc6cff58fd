import { type Resource, RESOURCES } from '../../kube/resource.ts';
import { configMapKind, controllerRevisionKind, leaseKind, secretKind } from './small-kinds.ts';
import { edgeModelKind, edgeRolloutKind } from './custom-kinds.ts';
import { eventKind } from './event-kind.ts';
import { kind, type Kind } from './kind.ts';
import { namespaceKind } from './namespace-kind.ts';
import { nodeKind } from './node-kind.ts';
import { podKind } from './pod-kind.ts';
import { serviceKind } from './service-kind.ts';
import { kindKey, type Kinds } from './target.ts';

/** Everything that the double serves: the kinds of the operator's own table, and no more. */
export function allKinds(): Kinds {
  const special: Readonly<Record<keyof typeof RESOURCES, Kind>> = {
    edgeModels: edgeModelKind(),
    edgeRollouts: edgeRolloutKind(),
    nodes: nodeKind(),
    pods: podKind(),
    services: serviceKind(),
    configMaps: configMapKind(),
    secrets: secretKind(),
    controllerRevisions: controllerRevisionKind(),
    leases: leaseKind(),
    events: eventKind(),
    namespaces: namespaceKind(),
    resourceQuotas: kind(RESOURCES.resourceQuotas, { hasStatus: true }),
    serviceAccounts: kind(RESOURCES.serviceAccounts),
    customResourceDefinitions: kind(RESOURCES.customResourceDefinitions, {
      hasStatus: true,
      hasGeneration: true,
      allowsUnconditionalUpdate: false,
    }),
  };
  return new Map(Object.values(special).map((one) => [keyOf(one.resource), one]));
}

function keyOf({ group, version, plural }: Resource): string {
  return kindKey(group, version, plural);
}
