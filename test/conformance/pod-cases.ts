import { expect, test } from 'vitest';
import { RESOURCES } from '../../src/kube/resource.ts';
import {
  type AnyObject,
  boundPod,
  eventually,
  fresh,
  type Give,
  pod,
  refusal,
  type Subject,
} from './subject.ts';

const { pods } = RESOURCES;
const IMAGE = 'registry.example/server:1';

export function podCases(give: Give): void {
  test('a pod gets its defaults', async () => {
    const { client, namespace } = give();
    const made = await client().create(pods, namespace, pod(fresh('plain')));
    expect(made.metadata.generation).toBe(1);
    expect(made.status).toMatchObject({ phase: 'Pending', qosClass: 'BestEffort' });
    expect(made.spec).toMatchObject({
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'default',
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      containers: [{ name: 'model', image: IMAGE, imagePullPolicy: 'IfNotPresent', resources: {} }],
      tolerations: [
        {
          key: 'node.kubernetes.io/not-ready',
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 300,
        },
        {
          key: 'node.kubernetes.io/unreachable',
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 300,
        },
      ],
    });
  });

  test('unbounded tolerations stay as they are', async () => {
    const { client, namespace } = give();
    const tolerations = [
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
    ];
    const made = await client().create(pods, namespace, pod(fresh('tolerant'), { tolerations }));
    expect(made.spec?.['tolerations']).toEqual(tolerations);
  });

  test('resources decide the class, and a limit is also the request', async () => {
    const { client, namespace } = give();
    const resources = { limits: { cpu: '1', memory: '1Gi', 'nvidia.com/gpu': '1' } };
    const spec = { containers: [{ name: 'model', image: IMAGE, resources }] };
    const made = await client().create(pods, namespace, pod(fresh('sure'), spec));
    expect(made.spec).toMatchObject({ containers: [{ resources: { requests: resources.limits } }] });
    expect(made.status).toMatchObject({ qosClass: 'Guaranteed' });
  });

  test('a status that is posted is not kept', async () => {
    const { client, namespace } = give();
    const body = { ...pod(fresh('status')), status: { phase: 'Running' } };
    expect((await client().create(pods, namespace, body)).status).toMatchObject({ phase: 'Pending' });
  });

  test('main and status are written apart', async () => {
    const { client, namespace } = give();
    const name = fresh('apart');
    await client().create(pods, namespace, pod(name));
    const both = { metadata: { labels: { a: 'b' } }, status: { phase: 'Running', message: 'hello' } };
    const main = await client().mergePatch<AnyObject>(pods, namespace, name, both);
    expect(main.metadata.labels).toEqual({ a: 'b' });
    expect(main.status).toMatchObject({ phase: 'Pending' });
    const patch = { spec: { hostname: 'other' }, status: { phase: 'Running', message: 'hello' } };
    const status = await client().mergePatch<AnyObject>(pods, namespace, name, patch, {
      subresource: 'status',
    });
    expect(status.status).toMatchObject({ phase: 'Running', message: 'hello', qosClass: 'BestEffort' });
    expect(status.spec).not.toHaveProperty('hostname');
    expect(status.metadata.generation).toBe(1);
  });

  test('a status is replaced with its version', async () => {
    const { client, namespace } = give();
    const made = await client().create(pods, namespace, pod(fresh('put')));
    const next = { ...made, status: { ...made.status, phase: 'Running' } };
    const after = await client().replace<AnyObject>(pods, next, { subresource: 'status' });
    expect(after.status).toMatchObject({ phase: 'Running' });
    const error = await refusal(client().replace(pods, next, { subresource: 'status' }));
    expect(error.code).toBe('conflict');
  });

  test('a spec hardly changes', async () => {
    const { client, namespace } = give();
    const { metadata } = await client().create(pods, namespace, pod(fresh('fixed')));
    const patch = { spec: { hostname: 'other' } };
    const error = await refusal(client().mergePatch(pods, namespace, metadata.name, patch));
    expect(error).toMatchObject({ status: 422, details: [{ reason: 'FieldValueForbidden', field: 'spec' }] });
    expect(error.serverMessage).toContain(
      'pod updates may not change fields other than `spec.containers[*].image`',
    );
    const bound = await refusal(
      client().mergePatch(pods, namespace, metadata.name, { spec: { nodeName: 'a' } }),
    );
    expect(bound.status).toBe(422);
  });

  test('an image may change, and counts', async () => {
    const { client, namespace } = give();
    const made = await client().create<AnyObject>(pods, namespace, pod(fresh('image')));
    const containers = made.spec?.['containers'] as object[];
    const spec = {
      ...made.spec,
      containers: containers.map((one) => ({ ...one, image: 'registry.example/server:2' })),
    };
    const after = await client().replace<AnyObject>(pods, { ...made, spec });
    expect(after.metadata.generation).toBe(2);
    expect(after.spec).toMatchObject({ containers: [{ image: 'registry.example/server:2' }] });
  });

  test('a scheduler binds a pod once', async () => {
    const subject = give();
    const { metadata } = await subject.client().create(pods, subject.namespace, pod(fresh('bind')));
    const { name, uid } = metadata;
    expect(await bind(subject, name, 'another-uid')).toMatchObject({ status: 409 });
    expect(await bind(subject, name, uid ?? '')).toMatchObject({ status: 201, body: { status: 'Success' } });
    const bound = await subject.client().get<AnyObject>(pods, subject.namespace, name);
    expect(bound.spec).toMatchObject({ nodeName: 'a-node-without-kubelet' });
    expect(bound.status).toMatchObject({ conditions: [{ type: 'PodScheduled', status: 'True' }] });
    expect(await bind(subject, name, uid ?? '')).toMatchObject({ status: 409 });
  });

  test('conditions are merged by their type', async () => {
    const { client, namespace, transport } = give();
    const name = fresh('conditions');
    await client().create(pods, namespace, boundPod(name));
    const ready = { type: 'Ready', status: 'True' };
    const held = { type: 'Held', status: 'False' };
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    for (const conditions of [[ready, held], [{ ...ready, status: 'False' }]]) {
      const contentType = 'application/strategic-merge-patch+json';
      const answer = await transport.send({
        method: 'PATCH',
        path,
        contentType,
        body: { status: { conditions } },
      });
      expect(answer.status).toBe(200);
    }
    const { status } = await client().get<AnyObject>(pods, namespace, name);
    const conditions = status?.['conditions'] as { type: string; status: string }[];
    expect(conditions.map(({ type, status: value }) => `${type}=${value}`).toSorted()).toEqual([
      'Held=False',
      'Ready=False',
    ]);
  });

  // Last, because a quota is for all pods of the namespace.
  test('a quota that is used up refuses one pod more, and no dry run uses it up', async () => {
    const subject = give();
    const { client, namespace } = subject;
    const { items } = await client().list(pods, { namespace });
    const limit = items.length + 1;
    const quota: AnyObject = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'few' },
      spec: { hard: { pods: String(limit) } },
    };
    await client().create(RESOURCES.resourceQuotas, namespace, quota);
    const used = await eventually(subject, async () => {
      const { status } = await client().get<AnyObject>(RESOURCES.resourceQuotas, namespace, 'few');
      const counted = status?.['used'] as { pods?: string } | undefined;
      return counted?.pods === undefined ? undefined : Number(counted.pods);
    });
    for (let index = used; index < limit; index++) {
      await client().create(pods, namespace, pod(fresh('tried')), { dryRun: true });
      await client().create(pods, namespace, pod(fresh('last')));
    }
    const name = fresh('more');
    const error = await refusal(client().create(pods, namespace, pod(name), { dryRun: true }));
    expect(error).toMatchObject({ code: 'forbidden', status: 403, reason: 'Forbidden' });
    expect(error.serverMessage).toBe(
      `pods "${name}" is forbidden: exceeded quota: few, requested: pods=1, used: pods=${limit}, limited: pods=${limit}`,
    );
    await client().delete(RESOURCES.resourceQuotas, namespace, 'few');
  });
}

async function bind({ transport, namespace }: Subject, name: string, uid: string): Promise<object> {
  const target = { apiVersion: 'v1', kind: 'Node', name: 'a-node-without-kubelet' };
  const answer = await transport.send({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/pods/${name}/binding`,
    body: { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target },
  });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}
