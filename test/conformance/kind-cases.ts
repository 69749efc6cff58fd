import { expect, test } from 'vitest';
import { RESOURCES } from '../../src/kube/resource.ts';
import { type AnyObject, configMap, eventually, exists, fresh, type Give, gone, refusal } from './subject.ts';

const { configMaps, controllerRevisions, events, leases, namespaces, nodes, secrets, services } = RESOURCES;

export function kindCases(give: Give): void {
  test('an immutable ConfigMap keeps its data', async () => {
    const { client, namespace } = give();
    const name = fresh('immutable');
    await client().create(configMaps, namespace, { ...configMap(name, { a: '1' }), immutable: true });
    const error = await refusal(client().mergePatch(configMaps, namespace, name, { data: { a: '2' } }));
    expect(error).toMatchObject({ status: 422, details: [{ reason: 'FieldValueForbidden', field: 'data' }] });
    expect(error.serverMessage).toContain('field is immutable when `immutable` is set');
    const thawed = await refusal(client().mergePatch(configMaps, namespace, name, { immutable: false }));
    expect(thawed.details).toMatchObject([{ field: 'immutable' }]);
    const labels = { metadata: { labels: { a: 'b' } } };
    expect((await client().mergePatch(configMaps, namespace, name, labels)).metadata.labels).toEqual({
      a: 'b',
    });
  });

  test('a ControllerRevision keeps its data, and may be renumbered', async () => {
    const { client, namespace } = give();
    const name = fresh('revision');
    const body: AnyObject = {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name },
      data: { spec: { version: '1', empty: {}, list: [] } },
      revision: 1,
    };
    const made = await client().create(controllerRevisions, namespace, body);
    expect(made['data']).toEqual(body['data']);
    const error = await refusal(
      client().mergePatch(controllerRevisions, namespace, name, { data: { spec: { version: '2' } } }),
    );
    expect(error).toMatchObject({ status: 422, details: [{ reason: 'FieldValueInvalid', field: 'data' }] });
    const after = await client().mergePatch<AnyObject>(controllerRevisions, namespace, name, { revision: 2 });
    expect(after['revision']).toBe(2);
  });

  test('a ControllerRevision needs data', async () => {
    const { client, namespace } = give();
    const metadata = { name: fresh('revision') };
    const body: AnyObject = { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata, revision: 1 };
    const error = await refusal(client().create(controllerRevisions, namespace, body));
    expect(error).toMatchObject({ status: 422, details: [{ reason: 'FieldValueRequired', field: 'data' }] });
  });

  test('a Lease is renewed with its version, in microseconds', async () => {
    const { client, namespace } = give();
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' };
    const body: AnyObject = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: fresh('lease') },
      spec,
    };
    const made = await client().create(leases, namespace, body);
    expect(made.spec).toEqual(spec);
    const renewed = { ...made, spec: { ...spec, renewTime: '2026-01-01T00:00:10.000000Z' } };
    await client().replace(leases, renewed);
    expect((await refusal(client().replace(leases, renewed))).code).toBe('conflict');
    const { resourceVersion: _version, ...metadata } = made.metadata;
    const unversioned = await refusal(client().replace(leases, { ...renewed, metadata }));
    expect(unversioned).toMatchObject({ status: 422, details: [{ field: 'metadata.resourceVersion' }] });
    const short = {
      ...body,
      metadata: { name: fresh('lease') },
      spec: { ...spec, renewTime: '2026-01-01T00:00:00Z' },
    };
    expect((await refusal(client().create(leases, namespace, short))).status).toBe(400);
  });

  test('how old a Lease is can be told by the clock of the server alone', async () => {
    const subject = give();
    const { client, namespace, pass } = subject;
    const name = fresh('lease');
    // An hour ahead, and an hour behind: what the writer's clock says has no part in it.
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 40, renewTime: '2050-01-01T00:00:00.000000Z' };
    const body: AnyObject = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name },
      spec,
    };
    const ages = async () => {
      const { object, answeredAt } = await client().getDated<AnyObject>(leases, namespace, name);
      const managed = object.metadata as unknown as {
        managedFields: { manager: string; time: string; fieldsV1: Record<string, Record<string, object>> }[];
      };
      const owners = managed.managedFields.filter(({ fieldsV1 }) => fieldsV1['f:spec']?.['f:renewTime']);
      return owners.map(({ manager, time }) => ({
        manager,
        age: ((answeredAt ?? NaN) - Date.parse(time)) / 1_000,
      }));
    };
    const made = await client('kubelet').create(leases, namespace, body);
    await pass(3_000);
    const [before, ...others] = await ages();
    expect(others).toEqual([]);
    expect(before?.manager).toBe('kubelet');
    expect(before?.age).toBeGreaterThanOrEqual(2);
    const renewed = { ...made, spec: { ...spec, renewTime: '2000-01-01T00:00:00.000000Z' } };
    await client('kubelet').replace(leases, renewed);
    const [renewal] = await ages();
    expect(renewal?.age).toBeLessThan(before?.age ?? 0);
    expect(renewal?.age).toBeLessThanOrEqual(1);
    await pass(3_000);
    await client('person').mergePatch(leases, namespace, name, { metadata: { labels: { a: 'b' } } });
    const [after, ...more] = await ages();
    expect(more).toEqual([]);
    expect(after?.age).toBeGreaterThanOrEqual(2);
  });

  test('a Lease has a length', async () => {
    const { client, namespace } = give();
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 0 };
    const body: AnyObject = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: fresh('lease') },
      spec,
    };
    const error = await refusal(client().create(leases, namespace, body));
    expect(error).toMatchObject({ status: 422, details: [{ field: 'spec.leaseDurationSeconds' }] });
  });

  test('an Event is about something in its namespace, at whole seconds', async () => {
    const { client, namespace } = give();
    const time = '2026-01-01T00:00:00.000000Z';
    const made = await client().create(events, namespace, event(namespace));
    expect({ ...made, metadata: {} }).toEqual({
      ...event(namespace),
      metadata: {},
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:01Z',
      eventTime: null,
    });
    const bare = { reason: undefined, message: undefined, type: undefined, source: undefined, count: 0 };
    const unsaid = { firstTimestamp: undefined, reportingComponent: undefined, reportingInstance: undefined };
    const least = await client().create(events, namespace, event(namespace, { ...bare, ...unsaid }));
    expect(least).toMatchObject({ source: {}, firstTimestamp: null, reportingComponent: '' });
    expect(least).toMatchObject({ reportingInstance: '' });
    expect(least).not.toHaveProperty('count');
    for (const [more, field] of [
      [{ involvedObject: { kind: 'Node', name: 'a' } }, 'involvedObject.namespace'],
      [{ involvedObject: { namespace: 'default' } }, 'involvedObject.namespace'],
      [{ involvedObject: undefined }, 'involvedObject.namespace'],
      [{ eventTime: time, action: undefined }, 'action'],
      [{ eventTime: time, message: 'x'.repeat(1_025) }, 'message'],
    ] as const) {
      const error = await refusal(client().create(events, namespace, event(namespace, more)));
      expect(error).toMatchObject({ status: 422 });
      expect(error.details?.map((cause) => cause.field)).toEqual([field]);
    }
    for (const more of [{ lastTimestamp: 'yesterday' }, { eventTime: '2026-01-01T00:00:00Z' }]) {
      const error = await refusal(client().create(events, namespace, event(namespace, more)));
      expect(error).toMatchObject({ status: 400 });
      expect(error.serverMessage).toContain('cannot be handled as a Event: parsing time');
    }
  });

  test('an Event is counted, and stays about its namespace', async () => {
    const { client, namespace } = give();
    const { metadata } = await client().create(events, namespace, event(namespace));
    const patch = (body: object): Promise<AnyObject> =>
      client().mergePatch<AnyObject>(events, namespace, metadata.name, body);
    const counted = await patch({ count: 2, lastTimestamp: '2026-01-01T00:01:00Z' });
    expect(counted).toMatchObject({ count: 2, lastTimestamp: '2026-01-01T00:01:00Z' });
    expect(counted['firstTimestamp']).toBe('2026-01-01T00:00:00Z');
    const error = await refusal(patch({ involvedObject: { namespace: 'default' } }));
    expect(error).toMatchObject({ status: 422, details: [{ field: 'involvedObject.namespace' }] });
  });

  test('Events are selected by what they are about and by who reports', async () => {
    const { client, namespace } = give();
    const uid = fresh('uid');
    const involvedObject = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace, uid };
    const names = async (terms: string): Promise<string[]> => {
      const fieldSelector = `involvedObject.uid=${uid},${terms}`;
      const { items } = await client().list<AnyObject>(events, { namespace, fieldSelector });
      return items.map(({ metadata }) => metadata.name);
    };
    const [one, other] = [
      event(namespace, { involvedObject }),
      event(namespace, { involvedObject, source: {} }),
    ];
    for (const each of [one, other]) await client().create(events, namespace, each);
    const both = [one, other].map(({ metadata }) => metadata.name).toSorted();
    expect(await names(`involvedObject.kind=ConfigMap,involvedObject.name=a`)).toEqual(both);
    expect(await names(`involvedObject.namespace=${namespace},involvedObject.apiVersion=v1`)).toEqual(both);
    expect(await names('involvedObject.name!=a')).toEqual([]);
    expect(await names('reason=Tested,type=Normal,reportingComponent=reporter')).toEqual(both);
    expect(await names('source=writer')).toEqual([one.metadata.name]);
    expect(await names('source=reporter')).toEqual([other.metadata.name]);
    expect(await refusal(names('regarding.name=a'))).toMatchObject({ status: 400 });
  });

  test('a Service gets an address of its own, and keeps it', async () => {
    const { client, namespace } = give();
    const ports = [{ port: 80, targetPort: 'http' }];
    const one = await client().create(services, namespace, service(fresh('service'), { ports }));
    const two = await client().create(services, namespace, service(fresh('service'), { ports }));
    expect(one.spec).toMatchObject({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      clusterIP: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
      ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }],
    });
    expect(one.metadata.generation).toBeUndefined();
    expect(two.spec?.['clusterIP']).not.toBe(one.spec?.['clusterIP']);
    const moved = { spec: { clusterIP: '10.0.0.250' } };
    const error = await refusal(client().mergePatch(services, namespace, one.metadata.name, moved));
    expect(error).toMatchObject({ status: 422, details: [{ field: 'spec.clusterIPs[0]' }] });
    const none = await refusal(client().create(services, namespace, service(fresh('service'), {})));
    expect(none.details).toMatchObject([{ reason: 'FieldValueRequired', field: 'spec.ports' }]);
    const unnamed = [{ port: 80 }, { port: 81 }];
    const names = await refusal(
      client().create(services, namespace, service(fresh('service'), { ports: unnamed })),
    );
    expect(names.details?.map(({ field }) => field)).toEqual(['spec.ports[0].name', 'spec.ports[1].name']);
  });

  test('a NodePort is given and kept', async () => {
    const { client, namespace } = give();
    const name = fresh('service');
    const spec = { type: 'NodePort', ports: [{ name: 'http', port: 80 }] };
    const body: AnyObject = { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
    const made = await client().apply<AnyObject>(services, namespace, name, body);
    expect(made.spec).toMatchObject({
      externalTrafficPolicy: 'Cluster',
      ports: [{ nodePort: expect.any(Number) }],
    });
    const again = await client().apply<AnyObject>(services, namespace, name, body);
    expect(again).toEqual(made);
  });

  test('a Secret is read as it was written', async () => {
    const { client, namespace } = give();
    const body: AnyObject = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: fresh('secret') },
      data: { token: 'dG9rZW4=' },
    };
    const made = await client().create(secrets, namespace, body);
    expect(made).toMatchObject({ type: 'Opaque', data: { token: 'dG9rZW4=' } });
  });

  test('a Node brings its status, and is tainted until it is ready', async () => {
    const { client, namespace } = give();
    const name = `${namespace}-node`;
    const status = { capacity: { cpu: '4', memory: '8Gi', pods: '110' } };
    // What the create answers: of a node that says nothing of its readiness the controllers soon take the taint.
    const made = await client().create<AnyObject>(nodes, undefined, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      status,
    });
    expect(made.status).toMatchObject({ ...status, allocatable: status.capacity });
    expect(made.spec).toMatchObject({
      taints: expect.arrayContaining([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]),
    });
    const patch = {
      metadata: { labels: { site: 'x' } },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    };
    const after = await client().mergePatch<AnyObject>(nodes, undefined, name, patch, {
      subresource: 'status',
    });
    expect(after.metadata.labels).toMatchObject({ site: 'x' });
    expect(after.status).toMatchObject({
      conditions: expect.arrayContaining([expect.objectContaining({ type: 'Ready' })]),
    });
    await client().delete(nodes, undefined, name);
    expect(await refusal(client().get(nodes, undefined, name))).toMatchObject({ code: 'notFound' });
  });

  test('a namespace has a service account soon, and takes its contents along', async () => {
    const subject = give();
    const { client } = subject;
    const name = `${subject.namespace}-short`;
    const made = await client().create<AnyObject>(namespaces, undefined, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    });
    expect(made).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': name } },
      status: { phase: 'Active' },
    });
    const inside = { ...subject, namespace: name };
    await eventually(subject, async () =>
      (await exists(inside, RESOURCES.serviceAccounts, 'default')) ? true : undefined,
    );
    await client().create(configMaps, name, configMap('a'));
    await client().create(configMaps, name, configMap('held', {}, { finalizers: ['outrigger.test/hold'] }));
    await client().delete(namespaces, undefined, name);
    const ending = await client().get<AnyObject>(namespaces, undefined, name);
    expect(ending).toMatchObject({ status: { phase: 'Terminating' } });
    const late = await refusal(client().create(configMaps, name, configMap('late')));
    expect(late).toMatchObject({ code: 'forbidden', status: 403 });
    expect(late.serverMessage).toContain('because it is being terminated');
    await gone(inside, configMaps, 'a');
    await client().mergePatch(configMaps, name, 'held', { metadata: { finalizers: null } });
    await eventually(subject, async () => {
      const namespace = await client()
        .get(namespaces, undefined, name)
        .catch(() => 'gone' as const);
      return namespace === 'gone' ? namespace : undefined;
    });
  });
}

function event(namespace: string, more: object = {}): AnyObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: fresh('event') },
    involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace },
    reason: 'Tested',
    message: 'a sentence',
    type: 'Normal',
    action: 'Test',
    source: { component: 'writer' },
    reportingComponent: 'reporter',
    reportingInstance: 'test',
    firstTimestamp: '2026-01-01T01:00:00.75+01:00',
    lastTimestamp: '2026-01-01T00:00:01.999Z',
    count: 1,
    ...more,
  };
}

function service(name: string, spec: Record<string, unknown>): AnyObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}
