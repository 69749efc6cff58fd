import { describe, expect, it } from 'vitest';
import type { Variant } from '../../api/variant.ts';
import { contentOf, CPU, GPU, modelOf, nodeOf } from '../fixtures/objects.ts';
import type { RevisionContent } from '../revision/revision.ts';
import { pinnedAffinity } from './pinned-affinity.ts';
import { prefetchPod } from './prefetch-pod.ts';
import { podName, servePod } from './serve-pod.ts';
import type { PodFor } from './serve-pod.ts';
import { desiredService, isOurs, sameService } from './service.ts';
import { updateStrategy } from './update-strategy.ts';

const NODE = nodeOf('edge-1', { labels: { site: 'ulm', 'kubernetes.io/arch': 'arm64' } });
const podFor = (more: Partial<PodFor> = {}): PodFor => ({
  model: modelOf(),
  revision: 'rev-a',
  content: contentOf(),
  variant: CPU,
  cohort: 'cpu',
  node: NODE,
  ...more,
});
/** The content with a template spec over its own. */
const withSpec = (spec: object, container: object = {}): RevisionContent => {
  const content = contentOf();
  const own = content.template.spec as { containers: object[] };
  return {
    ...content,
    template: {
      spec: { ...own, ...spec, containers: [{ ...own.containers[0], ...container }] },
    } as unknown as RevisionContent['template'],
  };
};
const PINNED = { key: 'metadata.name', operator: 'In', values: ['edge-1'] };
const model = (pod: ReturnType<typeof servePod>) => pod.spec.containers[0];

const required = (nodeSelectorTerms: object[]) => ({
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
});

describe('the affinity of a pinned pod', () => {
  const a = { key: 'a', operator: 'Exists' };
  const b = { key: 'b', operator: 'Exists' };
  it.each([
    { name: 'none of its own', affinity: undefined, terms: [{ matchFields: [PINNED] }] },
    {
      name: 'one term',
      affinity: required([{ matchExpressions: [a] }]),
      terms: [{ matchExpressions: [a], matchFields: [PINNED] }],
    },
    {
      name: 'alternatives: into each',
      affinity: required([{ matchExpressions: [a] }, { matchExpressions: [b] }]),
      terms: [
        { matchExpressions: [a], matchFields: [PINNED] },
        { matchExpressions: [b], matchFields: [PINNED] },
      ],
    },
    {
      name: 'a term of fields',
      affinity: required([{ matchFields: [a] }]),
      terms: [{ matchFields: [a, PINNED] }],
    },
    {
      name: 'an empty term matches nothing, and still does',
      affinity: required([{}, { matchExpressions: [a] }]),
      terms: [{ matchExpressions: [a], matchFields: [PINNED] }],
    },
  ])('$name', ({ affinity, terms }) => {
    expect(pinnedAffinity(affinity, 'edge-1')).toEqual(required(terms));
  });

  it('keeps preferences and the affinity to pods', () => {
    const preferred = { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }] };
    const found = pinnedAffinity({ nodeAffinity: preferred, podAffinity: { x: 1 } }, 'edge-1');
    expect(found).toMatchObject({ nodeAffinity: preferred, podAffinity: { x: 1 } });
  });
});

const name = (role: 'serve' | 'prefetch', revision: string, variant: string, node: string) =>
  podName(role, modelOf(), revision, variant, node);

describe('the pod that serves', () => {
  it('has a name that is the same on every try, and another for anything else', () => {
    expect(name('serve', 'r', 'v', 'n')).toBe(name('serve', 'r', 'v', 'n'));
    const others = [
      name('prefetch', 'r', 'v', 'n'),
      name('serve', 'x', 'v', 'n'),
      name('serve', 'r', 'x', 'n'),
      name('serve', 'r', 'v', 'x'),
      name('serve', 'r', 'v', 'n'),
    ];
    expect(new Set(others).size).toBe(5);
    const long = { ...modelOf(), metadata: { name: `${'a'.repeat(45)}-${'b'.repeat(6)}`, uid: 'u' } };
    expect(podName('serve', long, 'r', 'v', 'n'.repeat(253))).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])$/);
  });

  it('carries labels by which all is found again, and those of its node that were asked for', () => {
    const template = {
      ...contentOf().template,
      metadata: { labels: { app: 'defect', 'outrigger.dev/revision': 'mine' }, annotations: { a: 'b' } },
    };
    const pod = servePod(
      podFor({ content: contentOf('1.0.0', { template, podLabelsFromNode: ['site', 'absent'] }) }),
    );
    expect(pod.metadata.labels).toEqual({
      app: 'defect',
      site: 'ulm',
      'app.kubernetes.io/name': 'defects',
      'app.kubernetes.io/instance': 'defects',
      'app.kubernetes.io/version': '1.0.0',
      'app.kubernetes.io/managed-by': 'outrigger',
      'outrigger.dev/model': 'defects',
      'outrigger.dev/revision': 'rev-a',
      'outrigger.dev/variant': 'cpu',
      'outrigger.dev/cohort': 'cpu',
      'outrigger.dev/role': 'serve',
    });
    expect(pod.metadata.annotations).toEqual({ a: 'b', 'outrigger.dev/node': 'edge-1' });
    expect(pod.metadata.ownerReferences).toMatchObject([
      { uid: 'uid-defects', controller: true, blockOwnerDeletion: false },
    ]);
  });

  it.each<{ name: string; binding: 'Sticky' | 'Strict'; selector: object; expressions: boolean }>([
    {
      name: 'sticky: only what never flaps',
      binding: 'Sticky',
      selector: { 'kubernetes.io/arch': 'arm64' },
      expressions: false,
    },
    {
      name: 'strict: all of it',
      binding: 'Strict',
      selector: { 'kubernetes.io/arch': 'arm64', accelerator: 'orin' },
      expressions: true,
    },
  ])('$name', ({ binding, selector, expressions }) => {
    const variant: Variant = {
      name: 'v',
      hardware: {
        binding,
        nodeSelector: { 'kubernetes.io/arch': 'arm64', accelerator: 'orin' },
        matchExpressions: [{ key: 'gpu', operator: 'In', values: ['Orin'] }],
      },
    };
    const pod = servePod(podFor({ variant }));
    expect(pod.spec.nodeSelector).toEqual(selector);
    expect(JSON.stringify(pod.spec.affinity).includes('Orin')).toBe(expressions);
  });

  it('requests what its hardware says, and devices as limits too', () => {
    const variant: Variant = { name: 'v', hardware: { resources: { 'nvidia.com/gpu': 1, memory: '2Gi' } } };
    const content = withSpec(
      {},
      { resources: { requests: { cpu: '1', memory: '512Mi' }, limits: { memory: '4Gi' }, claims: [] } },
    );
    expect(model(servePod(podFor({ variant, content })))?.resources).toEqual({
      requests: { cpu: '1', memory: '2Gi', 'nvidia.com/gpu': '1' },
      limits: { memory: '4Gi', 'nvidia.com/gpu': '1' },
      claims: [],
    });
  });

  it('mounts config and artifact, read only, and leaves sidecars alone', () => {
    const content = withSpec(
      { volumes: [{ name: 'own' }] },
      { volumeMounts: [{ name: 'own', mountPath: '/own' }] },
    );
    const artifact = { mountPath: '/models', image: 'registry.example/defect@sha256:1' };
    const pod = servePod(
      podFor({ content: { ...content, config: { 'labels.txt': 'ok' } }, variant: { name: 'v', artifact } }),
    );
    expect(pod.spec.volumes).toEqual([
      { name: 'own' },
      { name: 'outrigger-artifact', image: { reference: artifact.image, pullPolicy: 'IfNotPresent' } },
      { name: 'outrigger-config', configMap: { name: 'defects-config-rev-a' } },
    ]);
    expect(model(pod)?.volumeMounts).toEqual([
      { name: 'own', mountPath: '/own' },
      { name: 'outrigger-artifact', mountPath: '/models', readOnly: true },
      { name: 'outrigger-config', mountPath: '/etc/model', readOnly: true },
    ]);
  });

  it('tolerates what the template and the model say, and being out of reach without end', () => {
    const pod = servePod(
      podFor({ content: { ...withSpec({ tolerations: [{ key: 'a' }] }), tolerations: [{ key: 'b' }] } }),
    );
    expect(pod.spec.tolerations).toEqual([
      { key: 'a' },
      { key: 'b' },
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
    ]);
  });

  it('takes the patch of its variant', () => {
    const variant: Variant = { name: 'v', patch: { spec: { runtimeClassName: 'nvidia' } } };
    expect(servePod(podFor({ variant })).spec['runtimeClassName']).toBe('nvidia');
  });
});

describe('the pod that fetches', () => {
  const content = withSpec({
    initContainers: [{ name: 'unpack', image: 'unpack:1' }],
    imagePullSecrets: [{ name: 'pull' }],
    hostNetwork: true,
    runtimeClassName: 'nvidia',
  });
  const template = { ...content.template, metadata: { labels: { app: 'defect' } } };
  const variant: Variant = { ...GPU, artifact: { mountPath: '/models', image: 'artifact:1' } };
  const pod = prefetchPod(podFor({ content: { ...content, template }, variant }), 'pause:1');

  it('pulls every image once, and runs none of them', () => {
    expect(pod.spec.volumes?.map(({ image }) => image?.reference)).toEqual([
      'unpack:1',
      'registry.example/onnx-server:1.0.0',
      'artifact:1',
    ]);
    expect(pod.spec.containers.map(({ image }) => image)).toEqual(['pause:1']);
    expect(pod.spec.initContainers).toBeUndefined();
    expect(pod.spec.imagePullSecrets).toEqual([{ name: 'pull' }]);
  });

  it('takes no accelerator, no host network and no runtime class, and is pinned', () => {
    expect(JSON.stringify(pod.spec)).not.toMatch(/nvidia|hostNetwork/);
    expect(JSON.stringify(pod.spec.affinity)).toContain('edge-1');
  });

  it('is what the restricted pod security standard takes', () => {
    expect(pod.spec['securityContext']).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.spec.containers[0]).toMatchObject({
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    });
    expect(pod.spec['automountServiceAccountToken']).toBe(false);
  });

  it('is seen by no selector for the pods that serve', () => {
    expect(pod.metadata.labels).not.toHaveProperty('app');
    expect(pod.metadata.labels?.['outrigger.dev/role']).toBe('prefetch');
    expect(desiredService(modelOf({ service: {} }))?.spec?.selector).toEqual({
      'outrigger.dev/model': 'defects',
      'outrigger.dev/role': 'serve',
    });
  });
});

describe('how a node goes from one revision to the next', () => {
  const memory = { resources: { requests: { memory: '1Gi' } } };
  it.each<{
    name: string;
    wanted?: 'Surge' | 'Replace' | 'Auto';
    content?: RevisionContent;
    variant?: Variant;
    is: string;
    why: RegExp;
  }>([
    { name: 'nothing exclusive', is: 'Surge', why: /nothing/ },
    { name: 'said so', wanted: 'Surge', variant: GPU, is: 'Surge', why: /updateStrategy is Surge/ },
    { name: 'said so', wanted: 'Replace', is: 'Replace', why: /updateStrategy is Replace/ },
    { name: 'a device of the variant', variant: GPU, is: 'Replace', why: /nvidia.com\/gpu is exclusive/ },
    {
      name: 'a device of the template',
      wanted: 'Auto',
      content: withSpec({}, { resources: { limits: { memory: '1Gi', 'intel.com/vpu': 1 } } }),
      is: 'Replace',
      why: /intel.com\/vpu/,
    },
    {
      name: 'the host network',
      content: withSpec({ hostNetwork: true }),
      is: 'Replace',
      why: /host network/,
    },
    {
      name: 'a hostPort',
      content: withSpec({}, { ports: [{ containerPort: 1, hostPort: 1 }] }),
      is: 'Replace',
      why: /container model has a hostPort/,
    },
    {
      name: 'a hostPort of a sidecar',
      content: withSpec({ initContainers: [{ name: 's', ports: [{ containerPort: 1, hostPort: 1 }] }] }),
      is: 'Replace',
      why: /container s has a hostPort/,
    },
    {
      name: 'no memory request',
      content: withSpec({}, { resources: {} }),
      is: 'Replace',
      why: /requests no memory/,
    },
    {
      name: 'a memory limit is a request',
      content: withSpec({}, { resources: { limits: { memory: '1Gi' } } }),
      is: 'Surge',
      why: /nothing/,
    },
    {
      name: 'memory by the hardware',
      content: withSpec({}, { resources: {} }),
      variant: { name: 'v', hardware: { resources: { memory: '1Gi' } } },
      is: 'Surge',
      why: /nothing/,
    },
    {
      name: 'a host device',
      content: withSpec({ volumes: [{ name: 'cam', hostPath: { path: '/dev/video0' } }] }, memory),
      is: 'Replace',
      why: /volume cam is a host device/,
    },
    {
      name: 'another host path',
      content: withSpec({ volumes: [{ name: 'data', hostPath: { path: '/var/data' } }] }, memory),
      is: 'Surge',
      why: /nothing/,
    },
    {
      name: 'ReadWriteOncePod',
      content: withSpec(
        {
          volumes: [
            {
              name: 'c',
              ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOncePod'] } } },
            },
          ],
        },
        memory,
      ),
      is: 'Replace',
      why: /ReadWriteOncePod/,
    },
    {
      name: 'a priority',
      content: withSpec({ priorityClassName: 'high' }, memory),
      is: 'Replace',
      why: /preempt/,
    },
    {
      name: 'by the patch of the variant',
      variant: { name: 'v', patch: { spec: { hostNetwork: true } } },
      is: 'Replace',
      why: /host network/,
    },
  ])('$name: $is', ({ wanted, content = contentOf(), variant = CPU, is, why }) => {
    const found = updateStrategy(wanted, content, variant);
    expect(found.strategy).toBe(is);
    expect(found.why).toMatch(why);
  });
});

describe('the Service', () => {
  const owner = modelOf({ service: { port: 80, targetPort: 'http' } });
  const wanted = desiredService(owner);
  if (wanted === undefined) throw new Error('no service');
  const port = { name: 'http', protocol: 'TCP', port: 80, targetPort: 'http' };
  const spec = { ...wanted.spec, clusterIP: '10.0.0.1', sessionAffinity: 'None', ports: [port] };
  const found = (change: object) => ({ ...wanted, spec: { ...spec, ...change } });

  it.each([
    { name: 'with what the API server fills in', change: {}, same: true },
    { name: 'with a nodePort that was given', change: { ports: [{ ...port, nodePort: 30000 }] }, same: true },
    { name: 'of another type', change: { type: 'NodePort' }, same: false },
    { name: 'of another port', change: { ports: [{ ...port, port: 81 }] }, same: false },
    { name: 'to another port', change: { ports: [{ ...port, targetPort: 8080 }] }, same: false },
    { name: 'with one port more', change: { ports: [port, port] }, same: false },
    { name: 'to all nodes', change: { internalTrafficPolicy: 'Cluster' }, same: false },
    { name: 'to other pods', change: { selector: { app: 'x' } }, same: false },
  ])('$name: same $same', ({ change, same }) => {
    expect(sameService(wanted, found(change))).toBe(same);
  });

  it('is made only where it is asked for, and ours only with our owner', () => {
    expect(desiredService(modelOf())).toBeUndefined();
    expect(isOurs(wanted, owner)).toBe(true);
    expect(isOurs({ ...wanted, metadata: { name: 'defects' } }, owner)).toBe(false);
    expect(desiredService(modelOf({ service: { type: 'NodePort', nodePort: 30_001 } }))?.spec).toMatchObject({
      type: 'NodePort',
      internalTrafficPolicy: 'Local',
      externalTrafficPolicy: 'Local',
      ports: [{ port: 80, targetPort: 80, nodePort: 30_001 }],
    });
  });
});
