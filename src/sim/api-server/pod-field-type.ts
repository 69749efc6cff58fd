import { ATOMIC, type FieldType, keyed, map } from './field-type.ts';

const CONTAINER = map({
  ports: keyed('containerPort,protocol=TCP'),
  env: keyed(
    'name',
    map({ valueFrom: map({ fieldRef: ATOMIC, configMapKeyRef: ATOMIC, secretKeyRef: ATOMIC }) }),
  ),
  volumeMounts: keyed('mountPath'),
  volumeDevices: keyed('devicePath'),
  resources: map({ claims: keyed('name') }),
});

/** Which lists of a pod have keys, and which parts are owned as a whole, as the OpenAPI document of v1.37 says. */
export const POD_FIELD_TYPE: FieldType = map({
  metadata: map({ finalizers: { kind: 'set' }, ownerReferences: keyed('uid') }),
  spec: map({
    containers: keyed('name', CONTAINER),
    initContainers: keyed('name', CONTAINER),
    ephemeralContainers: keyed('name', CONTAINER),
    volumes: keyed('name'),
    imagePullSecrets: keyed('name', ATOMIC),
    hostAliases: keyed('ip'),
    topologySpreadConstraints: keyed('topologyKey,whenUnsatisfiable'),
    nodeSelector: ATOMIC,
    affinity: map({ nodeAffinity: map({ requiredDuringSchedulingIgnoredDuringExecution: ATOMIC }) }),
    readinessGates: ATOMIC,
    schedulingGates: keyed('name'),
    resourceClaims: keyed('name'),
  }),
  status: map({ conditions: keyed('type'), podIPs: keyed('ip'), hostIPs: ATOMIC }),
});
