import { describe, expect, it } from 'vitest';
import type { Variant } from '../../api/variant.ts';
import { contentOf, CPU, GPU, modelOf, nodeOf, withSpec } from '../fixtures/objects.ts';
import { pinnedAffinity } from './pinned-affinity.ts';
import { prefetchPod } from './prefetch-pod.ts';
import { podName, servePod } from './serve-pod.ts';
import type { PodFor } from './serve-pod.ts';
import { desiredService } from './service.ts';

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
