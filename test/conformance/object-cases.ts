import { expect, test } from 'vitest';
import { RESOURCES } from '../../src/kube/resource.ts';
import { type AnyObject, configMap, fresh, type Give, refusal } from './subject.ts';

const { configMaps, pods } = RESOURCES;

export function objectCases(give: Give): void {
  test('creating gives uid, time and version', async () => {
    const { client, namespace } = give();
    const made = await client().create(configMaps, namespace, configMap(fresh('made'), { a: '1' }));
    expect(made.metadata).toMatchObject({
      namespace,
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: expect.stringMatching(/^[0-9]+$/),
      creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(made.metadata.generation).toBeUndefined();
    expect(made).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } });
  });

  test('generateName is completed by the server', async () => {
    const { client, namespace } = give();
    const body = { ...configMap(''), metadata: { name: '', generateName: 'generated-' } };
    const made = await client().create<AnyObject>(configMaps, namespace, body);
    expect(made.metadata.name).toMatch(/^generated-[a-z0-9]{5}$/);
  });

  test('a second one of a name is refused', async () => {
    const { client, namespace } = give();
    const name = fresh('twice');
    await client().create(configMaps, namespace, configMap(name));
    const error = await refusal(client().create(configMaps, namespace, configMap(name)));
    expect(error).toMatchObject({ code: 'alreadyExists', status: 409, reason: 'AlreadyExists' });
    expect(error.serverMessage).toBe(`configmaps "${name}" already exists`);
  });

  test('a namespace that does not exist is not found', async () => {
    const error = await refusal(give().client().create(configMaps, 'no-such-namespace', configMap('a')));
    expect(error).toMatchObject({ code: 'notFound', status: 404 });
    expect(error.serverMessage).toBe('namespaces "no-such-namespace" not found');
  });

  test('a body for another namespace is refused', async () => {
    const { client, namespace } = give();
    const body = configMap(fresh('other'), {}, { namespace: 'default' });
    const error = await refusal(client().create(configMaps, namespace, body));
    expect(error).toMatchObject({ status: 400, reason: 'BadRequest' });
    expect(error.serverMessage).toContain('does not match the namespace sent on the request');
  });

  test('a name must be a DNS subdomain', async () => {
    const { client, namespace } = give();
    const error = await refusal(client().create(configMaps, namespace, configMap('Upper_Case')));
    expect(error).toMatchObject({
      status: 422,
      reason: 'Invalid',
      details: [{ reason: 'FieldValueInvalid', field: 'metadata.name' }],
    });
    expect(error.serverMessage).toContain('a lowercase RFC 1123 subdomain must consist of');
  });

  test('a name is required', async () => {
    const { client, namespace } = give();
    const error = await refusal(client().create(configMaps, namespace, configMap('')));
    expect(error).toMatchObject({
      status: 422,
      details: [{ reason: 'FieldValueRequired', field: 'metadata.name' }],
    });
  });

  test('labels have a syntax', async () => {
    const { client, namespace } = give();
    const labels = { good: 'not a label' };
    const error = await refusal(
      client().create(configMaps, namespace, configMap(fresh('label'), {}, { labels })),
    );
    expect(error).toMatchObject({ status: 422, details: [{ field: 'metadata.labels' }] });
  });

  test('what is not there is not found', async () => {
    const { client, namespace } = give();
    const error = await refusal(client().get(configMaps, namespace, 'nothing'));
    expect(error).toMatchObject({ code: 'notFound', status: 404, reason: 'NotFound' });
    expect(error.serverMessage).toBe('configmaps "nothing" not found');
  });

  test('versions rise with every write, also across kinds', async () => {
    const { client, namespace } = give();
    const first = await client().create(configMaps, namespace, configMap(fresh('rise')));
    const secret: AnyObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name: fresh('rise') } };
    const second = await client().create(RESOURCES.secrets, namespace, secret);
    const third = await client().create(configMaps, namespace, configMap(fresh('rise')));
    const versions = [first, second, third].map(({ metadata }) => Number(metadata.resourceVersion));
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(new Set(versions).size).toBe(3);
    expect(second['type']).toBe('Opaque');
  });

  test('a replace of an old version conflicts', async () => {
    const { client, namespace } = give();
    const old = await client().create(configMaps, namespace, configMap(fresh('stale'), { a: '1' }));
    await client().replace(configMaps, { ...old, data: { a: '2' } });
    const error = await refusal(client().replace(configMaps, { ...old, data: { a: '3' } }));
    expect(error).toMatchObject({ code: 'conflict', status: 409, reason: 'Conflict' });
    expect(error.serverMessage).toContain('the object has been modified; please apply your changes');
  });

  test('a replace of another object of the name conflicts', async () => {
    const { client, namespace } = give();
    const name = fresh('again');
    const old = await client().create(configMaps, namespace, configMap(name));
    const { resourceVersion: _any, ...metadata } = old.metadata;
    await client().delete(configMaps, namespace, name);
    const second = await client().create(configMaps, namespace, configMap(name));
    expect(second.metadata.uid).not.toBe(old.metadata.uid);
    const error = await refusal(client().replace(configMaps, { ...old, metadata, data: { a: '1' } }));
    expect(error).toMatchObject({ code: 'conflict', reason: 'Conflict' });
    expect(error.serverMessage).toContain('UID in precondition');
  });

  test('a replace that changes nothing is no write', async () => {
    const { client, namespace } = give();
    const made = await client().create(configMaps, namespace, configMap(fresh('same'), { a: '1' }));
    const again = await client().replace(configMaps, made);
    expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  test('a replace of nothing is not found', async () => {
    const { client, namespace } = give();
    const body = configMap('nothing', {}, { namespace });
    expect(await refusal(client().replace(configMaps, body))).toMatchObject({ code: 'notFound' });
  });

  test('a replace takes away what it does not name', async () => {
    const { client, namespace } = give();
    const body = configMap(fresh('less'), { a: '1', b: '2' }, { labels: { x: '1' } });
    const made = await client().create(configMaps, namespace, body);
    const { labels: _labels, ...metadata } = made.metadata;
    const after = await client().replace<AnyObject>(configMaps, { ...made, metadata, data: { a: '1' } });
    expect(after['data']).toEqual({ a: '1' });
    expect(after.metadata.labels).toBeUndefined();
    expect(after.metadata.uid).toBe(made.metadata.uid);
    expect(after.metadata.creationTimestamp).toBe(made.metadata.creationTimestamp);
  });

  test('a merge patch merges, and null removes', async () => {
    const { client, namespace } = give();
    const made = await client().create(configMaps, namespace, configMap(fresh('merge'), { a: '1', b: '2' }));
    const patch = { data: { b: null, c: '3' }, metadata: { labels: { x: 'y' } } };
    const after = await client().mergePatch<AnyObject>(configMaps, namespace, made.metadata.name, patch);
    expect(after['data']).toEqual({ a: '1', c: '3' });
    expect(after.metadata.labels).toEqual({ x: 'y' });
  });

  test('a merge patch with an old version conflicts', async () => {
    const { client, namespace } = give();
    const made = await client().create(configMaps, namespace, configMap(fresh('merge'), { a: '1' }));
    const { name, resourceVersion } = made.metadata;
    await client().mergePatch(configMaps, namespace, name, {
      metadata: { resourceVersion },
      data: { a: '2' },
    });
    const patch = { metadata: { resourceVersion }, data: { a: '3' } };
    const error = await refusal(client().mergePatch(configMaps, namespace, name, patch));
    expect(error).toMatchObject({ code: 'conflict', reason: 'Conflict' });
  });

  test('a merge patch with another uid is refused', async () => {
    const { client, namespace } = give();
    const { metadata } = await client().create(configMaps, namespace, configMap(fresh('merge')));
    const patch = { metadata: { uid: 'another' } };
    const error = await refusal(client().mergePatch(configMaps, namespace, metadata.name, patch));
    expect(error.status).toBe(422);
    expect(error.details).toMatchObject([{ field: 'metadata.uid' }]);
  });

  test('a merge patch that changes nothing is no write', async () => {
    const { client, namespace } = give();
    const made = await client().create(configMaps, namespace, configMap(fresh('merge'), { a: '1' }));
    const after = await client().mergePatch(configMaps, namespace, made.metadata.name, { data: { a: '1' } });
    expect(after.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  test('a dry run persists nothing', async () => {
    const { client, namespace } = give();
    const name = fresh('dry');
    const tried = await client().create(configMaps, namespace, configMap(name), { dryRun: true });
    expect(tried.metadata.uid).toBeDefined();
    expect(await refusal(client().get(configMaps, namespace, name))).toMatchObject({ code: 'notFound' });
  });

  test('a dry run says that a name is taken', async () => {
    const { client, namespace } = give();
    const name = fresh('dry');
    await client().create(configMaps, namespace, configMap(name));
    const error = await refusal(client().create(configMaps, namespace, configMap(name), { dryRun: true }));
    expect(error.code).toBe('alreadyExists');
  });

  test('a field that the kind does not have is dropped, or refused where asked to', async () => {
    const { client, namespace } = give();
    const body = { ...configMap(fresh('field')), dta: { a: '1' } };
    const error = await refusal(client().create(configMaps, namespace, body, { fieldValidation: 'Strict' }));
    expect(error).toMatchObject({ status: 400 });
    expect(error.serverMessage).toContain('strict decoding error: unknown field "dta"');
    const made = await client().create<AnyObject>(configMaps, namespace, body, { fieldValidation: 'Ignore' });
    expect(made['dta']).toBeUndefined();
  });

  test('a path that names nothing served is not found', async () => {
    const unserved = { ...pods, plural: 'pads' };
    const error = await refusal(give().client().list(unserved, { namespace: give().namespace }));
    expect(error).toMatchObject({ code: 'notFound', status: 404 });
  });
}
