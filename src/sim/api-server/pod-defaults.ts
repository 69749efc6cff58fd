import { type ApiObject, type Fields, listOf, recordOf, textOf } from './json.ts';
import { qosClass, requestWhatIsLimited } from './pod-resources.ts';

/** How long a pod stays on a node that went away, unless it says otherwise. */
const TOLERATION_SECONDS = 300;

/**
 * What the server fills into a pod: the defaults of v1.37 and those of its admission plugins. The volume with the
 * service account's token is left out: nobody in the simulation reads it.
 */
export function defaultPod(pod: ApiObject, previous: ApiObject | undefined): void {
  const spec: Fields = {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    enableServiceLinks: true,
    ...pod.spec,
  };
  pod.spec = spec;
  for (const list of ['containers', 'initContainers'] as const) {
    if (Array.isArray(spec[list]))
      spec[list] = spec[list].map((one) => defaultContainer(recordOf(one), spec));
  }
  if (previous) {
    if (pod.status !== previous.status) pod.status = defaultStatus(pod.status);
    return;
  }
  spec['serviceAccountName'] ??= 'default';
  spec['serviceAccount'] = spec['serviceAccountName'];
  spec['priority'] ??= 0;
  spec['preemptionPolicy'] ??= 'PreemptLowerPriority';
  spec['tolerations'] = withNodeTolerations(listOf(spec['tolerations']).map(recordOf));
  pod.status = { phase: 'Pending', qosClass: qosClass(spec) };
}

/** What a condition has to have is written out where it has no value. */
function defaultStatus(status: Fields = {}): Fields {
  if (!Array.isArray(status['conditions'])) return status;
  const { conditions, ...rest } = status;
  const full = listOf(conditions).map((one) => ({
    lastProbeTime: null,
    lastTransitionTime: null,
    status: '',
    ...recordOf(one),
  }));
  return full.length === 0 ? rest : { ...rest, conditions: full };
}

function defaultContainer(given: Fields, spec: Fields): Fields {
  const container: Fields = {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    ...given,
  };
  requestWhatIsLimited(container);
  container['imagePullPolicy'] ??= pullPolicy(textOf(container['image']));
  if (Array.isArray(container['ports'])) {
    container['ports'] = container['ports'].map((port) => {
      const full: Fields = { protocol: 'TCP', ...recordOf(port) };
      if (spec['hostNetwork'] === true) full['hostPort'] ??= full['containerPort'];
      return full;
    });
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    if (container[probe] !== undefined) container[probe] = defaultProbe(recordOf(container[probe]));
  }
  return container;
}

function defaultProbe(given: Fields): Fields {
  const probe: Fields = {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
    ...given,
  };
  if (probe['httpGet'] !== undefined)
    probe['httpGet'] = { path: '/', scheme: 'HTTP', ...recordOf(probe['httpGet']) };
  return probe;
}

/** An image without a tag, or `latest`, may change at any time. */
function pullPolicy(image: string): 'Always' | 'IfNotPresent' {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

/** As the admission plugin DefaultTolerationSeconds adds them. */
function withNodeTolerations(tolerations: readonly Fields[]): Fields[] {
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
    (key) =>
      !tolerations.some(
        (toleration) =>
          (toleration['key'] === key || !toleration['key']) &&
          (toleration['effect'] === 'NoExecute' || !toleration['effect']),
      ),
  );
  const added = missing.map((key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: TOLERATION_SECONDS,
  }));
  return [...tolerations, ...added];
}
