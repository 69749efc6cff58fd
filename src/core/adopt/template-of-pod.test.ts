import { describe, expect, it } from 'vitest';
import type { PodSpec } from '../pods/pod-template.ts';
import { daemonPod } from '../fixtures/daemon-pod.ts';
import { templateOfPod } from './template-of-pod.ts';

const specOf = (node: string, spec: object = {}): PodSpec =>
  (daemonPod(node, { spec }) as unknown as { spec: PodSpec }).spec;
const TOKEN = 'kube-api-access-q1w2e';

describe('the template of a pod that a DaemonSet made', () => {
  it('is the same for the pods of one revision, and is what a person would have written', () => {
    const template = templateOfPod(specOf('edge-1'));
    expect(templateOfPod(specOf('edge-2'))).toEqual(template);
    expect(template).toEqual({
      containers: [
        {
          name: 'server',
          image: 'registry.example/onnx-server:1.0.0',
          ports: [{ containerPort: 8080, protocol: 'TCP' }],
        },
      ],
      restartPolicy: 'Always',
      serviceAccountName: 'default',
      securityContext: {},
    });
  });

  it('keeps what was asked for beside what was added', () => {
    const own = { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' };
    const files = { name: 'files', hostPath: { path: '/srv' } };
    const mount = { name: 'files', mountPath: '/srv' };
    const token = { name: TOKEN, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };
    const zone = { key: 'zone', operator: 'In', values: ['a'] };
    const name = { key: 'metadata.name', operator: 'In', values: ['edge-1'] };
    const template = templateOfPod({
      ...specOf('edge-1'),
      containers: [{ name: 'server', volumeMounts: [mount, token] }],
      initContainers: [{ name: 'fetch', volumeMounts: [token] }],
      volumes: [files, { name: TOKEN, projected: {} }],
      tolerations: [own, { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }],
      nodeSelector: { site: 'a' },
      priorityClassName: 'edge',
      priority: 1000,
      affinity: {
        podAntiAffinity: { one: 'rule' },
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [zone], matchFields: [name] }],
          },
        },
      },
    });
    expect(template).toMatchObject({
      containers: [{ volumeMounts: [mount] }],
      initContainers: [{ name: 'fetch' }],
      volumes: [files],
      tolerations: [own],
      nodeSelector: { site: 'a' },
      priorityClassName: 'edge',
      affinity: {
        podAntiAffinity: { one: 'rule' },
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [zone] }],
          },
        },
      },
    });
    expect(template).not.toHaveProperty('priority');
    expect(template.initContainers?.[0]).not.toHaveProperty('volumeMounts');
  });

  it('tolerates an absence for good, also where the pod did so for five minutes', () => {
    const limited = {
      key: 'node.kubernetes.io/unreachable',
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    };
    expect(templateOfPod(specOf('edge-1', { tolerations: [limited] }))).not.toHaveProperty('tolerations');
  });
});
