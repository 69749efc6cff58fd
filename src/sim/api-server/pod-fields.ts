import { type ApiObject, type Fields, isRecord } from './json.ts';

/** The fields of an object: those of a nested one by its own table, `true` for what is not looked into. */
interface FieldTable {
  readonly [field: string]: FieldTable | true;
}

/** `names` are not looked into, `nested` are; lists stand for their items. */
function table(names: string, nested: FieldTable = {}): FieldTable {
  const plain = names.split(/\s+/).filter((name) => name !== '');
  return { ...Object.fromEntries(plain.map((name) => [name, true as const])), ...nested };
}

const HANDLER: FieldTable = {
  exec: table('command'),
  httpGet: table('path port host scheme', { httpHeaders: table('name value') }),
  tcpSocket: table('port host'),
  grpc: table('port service'),
  sleep: table('seconds'),
};
const PROBE = table(
  'initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold terminationGracePeriodSeconds',
  HANDLER,
);
const KEY_REF = table('name key optional');
const CONTAINER = table(
  `name image command args workingDir restartPolicy restartPolicyRules terminationMessagePath terminationMessagePolicy
   imagePullPolicy stdin stdinOnce tty resizePolicy`,
  {
    ports: table('name hostPort containerPort protocol hostIP'),
    envFrom: table('prefix', { configMapRef: table('name optional'), secretRef: table('name optional') }),
    env: table('name value', {
      valueFrom: {
        fieldRef: table('apiVersion fieldPath'),
        resourceFieldRef: table('containerName resource divisor'),
        configMapKeyRef: KEY_REF,
        secretKeyRef: KEY_REF,
        fileKeyRef: table('volumeName path key optional'),
      },
    }),
    resources: table('limits requests', { claims: table('name request') }),
    volumeMounts: table(
      'name readOnly recursiveReadOnly mountPath subPath mountPropagation subPathExpr bindMountOptions',
    ),
    volumeDevices: table('name devicePath'),
    livenessProbe: PROBE,
    readinessProbe: PROBE,
    startupProbe: PROBE,
    lifecycle: table('stopSignal', { postStart: HANDLER, preStop: HANDLER }),
    securityContext: table(
      `capabilities privileged seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem
       allowPrivilegeEscalation procMount seccompProfile appArmorProfile`,
    ),
  },
);

const ITEMS = table('key path mode');
const VOLUME = table(
  `name gcePersistentDisk awsElasticBlockStore gitRepo nfs iscsi glusterfs rbd flexVolume cinder cephfs flocker fc
   azureFile vsphereVolume quobyte azureDisk photonPersistentDisk portworxVolume scaleIO storageos ephemeral projected`,
  {
    hostPath: table('path type'),
    emptyDir: table('medium sizeLimit'),
    secret: table('secretName defaultMode optional', { items: ITEMS }),
    configMap: table('name defaultMode optional', { items: ITEMS }),
    persistentVolumeClaim: table('claimName readOnly'),
    image: table('reference pullPolicy'),
    downwardAPI: table('items defaultMode'),
    csi: table('driver readOnly fsType volumeAttributes nodePublishSecretRef'),
  },
);

const SELECTOR_TERM = {
  matchExpressions: table('key operator values'),
  matchFields: table('key operator values'),
};
const POD_SPEC = table(
  `restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName
   serviceAccount automountServiceAccountToken nodeName hostNetwork hostPID hostIPC shareProcessNamespace hostname
   subdomain schedulerName priorityClassName priority dnsConfig readinessGates runtimeClassName enableServiceLinks
   preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os hostUsers schedulingGates resourceClaims
   resources hostnameOverride workloadRef schedulingGroup`,
  {
    volumes: VOLUME,
    initContainers: CONTAINER,
    containers: CONTAINER,
    ephemeralContainers: { ...CONTAINER, targetContainerName: true },
    imagePullSecrets: table('name'),
    hostAliases: table('ip hostnames'),
    tolerations: table('key operator value effect tolerationSeconds'),
    affinity: table('podAffinity podAntiAffinity', {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: SELECTOR_TERM },
        preferredDuringSchedulingIgnoredDuringExecution: table('weight', { preference: SELECTOR_TERM }),
      },
    }),
    securityContext: table(
      `seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups supplementalGroupsPolicy
       fsGroup sysctls fsGroupChangePolicy seccompProfile appArmorProfile seLinuxChangePolicy`,
    ),
  },
);
const META = table(
  `name generateName namespace selfLink uid resourceVersion generation creationTimestamp deletionTimestamp
   deletionGracePeriodSeconds labels annotations finalizers managedFields`,
  { ownerReferences: table('apiVersion kind name uid controller blockOwnerDeletion') },
);
const POD = table('apiVersion kind status', { metadata: META, spec: POD_SPEC });

/** Takes the fields away that a pod of v1.37 does not have, and returns the ways to them. */
export function unknownPodFields(pod: ApiObject): string[] {
  const unknown: string[] = [];
  drop(pod, POD, '', unknown);
  return unknown;
}

/** The same for the metadata that all kinds share. */
export function unknownMetaFields({ metadata }: ApiObject): string[] {
  const unknown: string[] = [];
  descend(metadata, META, 'metadata', unknown);
  return unknown;
}

function drop(value: Fields, known: FieldTable, path: string, unknown: string[]): void {
  for (const key of Object.keys(value)) {
    const way = path === '' ? key : `${path}.${key}`;
    const below = Object.hasOwn(known, key) ? known[key] : undefined;
    if (below === undefined) {
      unknown.push(way);
      delete value[key];
    } else if (below !== true) {
      descend(value[key], below, way, unknown);
    }
  }
}

function descend(value: unknown, known: FieldTable, path: string, unknown: string[]): void {
  if (isRecord(value)) drop(value, known, path, unknown);
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) descend(item, known, `${path}[${index}]`, unknown);
}
