import { expect, test } from 'vitest';
import { RESOURCES } from '../../src/kube/resource.ts';
import { type AnyObject, boundPod, configMap, fresh, type Give, refusal } from './subject.ts';

const { configMaps, pods, services } = RESOURCES;

export function applyCases(give: Give): void {
  test('an apply creates what is not there', async () => {
    const { client, namespace } = give();
    const name = fresh('applied');
    const made = await client().apply<AnyObject>(configMaps, namespace, name, configMap(name, { a: '1' }));
    expect(made).toMatchObject({ metadata: { name, namespace, uid: expect.any(String) }, data: { a: '1' } });
  });

  test('what a manager applied before and no longer names goes', async () => {
    const { client, namespace } = give();
    const name = fresh('applied');
    const first = configMap(name, { a: '1', b: '2' }, { labels: { x: '1' } });
    await client().apply(configMaps, namespace, name, first);
    const after = await client().apply<AnyObject>(configMaps, namespace, name, configMap(name, { a: '1' }));
    expect(after['data']).toEqual({ a: '1' });
    expect(after.metadata.labels).toBeUndefined();
  });

  test('what others wrote stays', async () => {
    const { client, namespace } = give();
    const name = fresh('applied');
    await client().apply(configMaps, namespace, name, configMap(name, { a: '1' }));
    await client('hand').mergePatch(configMaps, namespace, name, { data: { mine: 'yes' } });
    await client('other').apply(configMaps, namespace, name, configMap(name, { theirs: 'yes' }));
    const after = await client().apply<AnyObject>(configMaps, namespace, name, configMap(name, { b: '2' }));
    expect(after['data']).toEqual({ mine: 'yes', theirs: 'yes', b: '2' });
  });

  test('an apply that says the same is no write', async () => {
    const { client, namespace } = give();
    const name = fresh('applied');
    const first = await client().apply(configMaps, namespace, name, configMap(name, { a: '1' }));
    const again = await client().apply(configMaps, namespace, name, configMap(name, { a: '1' }));
    expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  test('what another manager applied otherwise conflicts, unless forced', async () => {
    const { client, namespace } = give();
    const name = fresh('applied');
    await client('one').apply(configMaps, namespace, name, configMap(name, { a: '1', b: '1' }));
    const mine = configMap(name, { a: '2' });
    const error = await refusal(client('two').apply(configMaps, namespace, name, mine, { force: false }));
    expect(error).toMatchObject({
      code: 'conflict',
      status: 409,
      reason: 'Conflict',
      details: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }],
    });
    expect(error.serverMessage).toBe('Apply failed with 1 conflict: conflict with "one": .data.a');
    const forced = await client('two').apply<AnyObject>(configMaps, namespace, name, mine);
    expect(forced['data']).toEqual({ a: '2', b: '1' });
    // The field has changed hands: what its former owner applies without it does not take it away.
    const after = await client('one').apply<AnyObject>(
      configMaps,
      namespace,
      name,
      configMap(name, { b: '1' }),
    );
    expect(after['data']).toEqual({ a: '2', b: '1' });
  });

  test('what somebody updated by hand conflicts', async () => {
    const { client, namespace } = give();
    const name = fresh('applied');
    await client().apply(configMaps, namespace, name, configMap(name, { a: '1' }));
    await client('hand').mergePatch(configMaps, namespace, name, { data: { a: '2' } });
    const error = await refusal(
      client().apply(configMaps, namespace, name, configMap(name, { a: '1' }), { force: false }),
    );
    expect(error.details).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "hand" using v1', field: '.data.a' },
    ]);
  });

  test('two may own what they agree on, and one alone can let it go', async () => {
    const { client, namespace } = give();
    const name = fresh('applied');
    await client('one').apply(configMaps, namespace, name, configMap(name, { a: '1' }));
    await client('two').apply(configMaps, namespace, name, configMap(name, { a: '1' }), { force: false });
    const left = await client('one').apply<AnyObject>(configMaps, namespace, name, configMap(name));
    expect(left['data']).toEqual({ a: '1' });
    const none = await client('two').apply<AnyObject>(configMaps, namespace, name, configMap(name));
    expect(none['data']).toBeUndefined();
  });

  test('ports of a service are known by port and protocol', async () => {
    const { client, namespace } = give();
    const name = fresh('service');
    const service = (ports: object[]): object => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { selector: { a: 'b' }, ports },
    });
    const http = { name: 'http', port: 80, targetPort: 'http' };
    const metrics = { name: 'metrics', port: 9090 };
    const first = await client().apply<AnyObject>(services, namespace, name, service([http, metrics]));
    const again = await client().apply<AnyObject>(services, namespace, name, service([http, metrics]));
    expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    const after = await client().apply<AnyObject>(services, namespace, name, service([metrics]));
    expect(after.spec?.['ports']).toEqual([{ ...metrics, protocol: 'TCP', targetPort: 9090 }]);
    expect(after.spec?.['clusterIP']).toBe(first.spec?.['clusterIP']);
  });

  test('each manager has its own conditions of a status', async () => {
    const { client, namespace } = give();
    const name = fresh('conditions');
    await client().create(pods, namespace, boundPod(name));
    const status = (type: string, value: string): object => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      status: { conditions: [{ type, status: value }] },
    });
    const options = { subresource: 'status' } as const;
    await client('one').apply(pods, namespace, name, status('outrigger.test/one', 'True'), options);
    await client('two').apply(pods, namespace, name, status('outrigger.test/two', 'True'), options);
    const after = await client('one').apply<AnyObject>(
      pods,
      namespace,
      name,
      status('outrigger.test/one', 'False'),
      options,
    );
    const conditions = after.status?.['conditions'] as { type: string; status: string }[];
    expect(conditions.map(({ type, status: value }) => `${type}=${value}`)).toEqual([
      'outrigger.test/one=False',
      'outrigger.test/two=True',
    ]);
    expect(after.status).toMatchObject({ phase: 'Pending' });
  });

  test.each([
    ['ab', 'ba', 'ba'],
    ['abc', 'ca', 'bca'],
    ['abc', 'd', 'abcd'],
    ['abc', 'db', 'adbc'],
    ['bac', 'cb', 'acb'],
  ])('conditions %s, with %s applied to them, come in the order %s', async (live, applied, expected) => {
    const { client, namespace } = give();
    const name = fresh('order');
    await client().create(pods, namespace, boundPod(name));
    const apply = (manager: string, types: string): Promise<AnyObject> => {
      const conditions = types.split('').map((type) => ({ type, status: 'True' }));
      const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, status: { conditions } };
      return client(manager).apply<AnyObject>(pods, namespace, name, body, { subresource: 'status' });
    };
    await apply('one', live);
    const { status } = await apply('two', applied);
    const conditions = status?.['conditions'] as { type: string }[];
    expect(conditions.map(({ type }) => type).join('')).toBe(expected);
  });

  test('a status of nothing is not found', async () => {
    const { client, namespace } = give();
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'nothing' }, status: { message: 'x' } };
    const error = await refusal(client().apply(pods, namespace, 'nothing', body, { subresource: 'status' }));
    expect(error.code).toBe('notFound');
  });

  test('an apply under a uid creates nothing', async () => {
    const { client, namespace } = give();
    const body = configMap('never-made', {}, { uid: '00000000-0000-4000-8000-000000000000' });
    const error = await refusal(client().apply(configMaps, namespace, 'never-made', body));
    expect(error).toMatchObject({ code: 'conflict', reason: 'Conflict' });
    expect(error.serverMessage).toContain('and no existing object was found');
  });

  test('an apply of an old version conflicts', async () => {
    const { client, namespace } = give();
    const name = fresh('applied');
    const made = await client().apply(configMaps, namespace, name, configMap(name, { a: '1' }));
    await client('hand').mergePatch(configMaps, namespace, name, { data: { b: '2' } });
    const { resourceVersion } = made.metadata;
    const error = await refusal(
      client().apply(configMaps, namespace, name, configMap(name, { a: '3' }, { resourceVersion })),
    );
    expect(error.code).toBe('conflict');
  });

  test('an apply takes over what another one of the same manager updated', async () => {
    const { client, namespace } = give();
    const name = fresh('applied');
    await client().create(configMaps, namespace, configMap(name, { a: '1', b: '1' }));
    const error = await refusal(
      client().apply(configMaps, namespace, name, configMap(name, { a: '2' }), { force: false }),
    );
    // Updating and applying are two owners, also under one name.
    expect(error.code).toBe('conflict');
    const after = await client().apply<AnyObject>(configMaps, namespace, name, configMap(name, { a: '2' }));
    expect(after['data']).toEqual({ a: '2', b: '1' });
  });
}
