import { expect, test } from 'vitest';
import { RESOURCES } from '../../src/kube/resource.ts';
import { type AnyObject, fresh, type Give, nowOf, refusal, watching } from './subject.ts';

const { edgeModels, edgeRollouts } = RESOURCES;

function model(name: string, spec: object = {}): AnyObject {
  return {
    apiVersion: 'outrigger.dev/v1alpha1',
    kind: 'EdgeModel',
    metadata: { name },
    spec: {
      version: '1.0.0',
      template: { spec: { containers: [{ name: 'model', image: 'registry.example/server:1' }] } },
      variants: [{ name: 'cpu', artifact: { mountPath: '/models', image: 'registry.example/model:1' } }],
      ...spec,
    },
  };
}

function rollout(name: string, modelName: string): AnyObject {
  return {
    apiVersion: 'outrigger.dev/v1alpha1',
    kind: 'EdgeRollout',
    metadata: { name },
    spec: {
      modelRef: { name: modelName },
      analysis: { metrics: [{ name: 'health', pods: ['restarts', 'notReady'] }] },
    },
  };
}

export function customCases(give: Give): void {
  test('a custom resource begins at generation 1, without the status that it was sent with', async () => {
    const { client, namespace } = give();
    const body = { ...model(fresh('model')), status: { version: '0.9.0' } };
    const made = await client().create<AnyObject>(edgeModels, namespace, body);
    expect(made.metadata.generation).toBe(1);
    expect(made.status).toBeUndefined();
  });

  test('what is not said is not defaulted', async () => {
    const { client, namespace } = give();
    const body = model(fresh('model'));
    const made = await client().create<AnyObject>(edgeModels, namespace, body);
    expect(made.spec).toEqual(body.spec);
  });

  test('the generation counts the spec, not labels and not status', async () => {
    const { client, namespace } = give();
    const name = fresh('model');
    await client().create(edgeModels, namespace, model(name));
    const labelled = await client().mergePatch(edgeModels, namespace, name, {
      metadata: { labels: { a: 'b' } },
    });
    expect(labelled.metadata.generation).toBe(1);
    const status = { status: { version: '1.0.0' } };
    const told = await client().mergePatch(edgeModels, namespace, name, status, { subresource: 'status' });
    expect(told.metadata.generation).toBe(1);
    const changed = await client().mergePatch(edgeModels, namespace, name, { spec: { version: '2.0.0' } });
    expect(changed.metadata.generation).toBe(2);
    const same = await client().mergePatch(edgeModels, namespace, name, { spec: { version: '2.0.0' } });
    expect(same.metadata).toEqual(changed.metadata);
  });

  test('a status write changes the status and nothing else', async () => {
    const { client, namespace } = give();
    const name = fresh('model');
    await client().create(edgeModels, namespace, model(name));
    const patch = { metadata: { labels: { a: 'b' } }, spec: { version: '9' }, status: { version: '1.0.0' } };
    const after = await client().mergePatch<AnyObject>(edgeModels, namespace, name, patch, {
      subresource: 'status',
    });
    expect(after.status).toEqual({ version: '1.0.0' });
    expect(after.spec).toMatchObject({ version: '1.0.0' });
    expect(after.metadata.labels).toBeUndefined();
  });

  test('a write of the whole leaves the status', async () => {
    const { client, namespace } = give();
    const name = fresh('model');
    await client().create(edgeModels, namespace, model(name));
    const status = { status: { version: '1.0.0' } };
    const told = await client().mergePatch<AnyObject>(edgeModels, namespace, name, status, {
      subresource: 'status',
    });
    const { status: _status, ...rest } = told;
    const after = await client().replace<AnyObject>(edgeModels, {
      ...rest,
      spec: { ...told.spec, version: '2' },
    });
    expect(after.status).toEqual({ version: '1.0.0' });
    expect(after.spec).toMatchObject({ version: '2' });
  });

  test('a status can be written under the condition of its version', async () => {
    const { client, namespace } = give();
    const made = await client().create<AnyObject>(edgeModels, namespace, model(fresh('model')));
    const { name, resourceVersion } = made.metadata;
    const write = (version: string): Promise<AnyObject> =>
      client().mergePatch<AnyObject>(
        edgeModels,
        namespace,
        name,
        { metadata: { resourceVersion }, status: { version } },
        { subresource: 'status' },
      );
    expect((await write('1.0.0')).status).toEqual({ version: '1.0.0' });
    expect((await refusal(write('1.0.1'))).code).toBe('conflict');
  });

  test('a replace without a version is refused', async () => {
    const { client, namespace } = give();
    const name = fresh('model');
    await client().create(edgeModels, namespace, model(name));
    const body = { ...model(name), metadata: { name, namespace } };
    const error = await refusal(client().replace(edgeModels, body));
    expect(error).toMatchObject({ status: 422, details: [{ field: 'metadata.resourceVersion' }] });
  });

  test('a bad spec is refused with its field', async () => {
    const { client, namespace } = give();
    const name = fresh('model');
    const error = await refusal(
      client().create(edgeModels, namespace, model(name, { version: 'not a label!' })),
    );
    expect(error).toMatchObject({ code: 'invalid', status: 422, reason: 'Invalid' });
    expect(error.details?.map(({ field }) => field)).toEqual(['spec.version']);
    expect(error.serverMessage).toContain(
      `EdgeModel.outrigger.dev "${name}" is invalid: spec.version: Invalid value`,
    );
  });

  test('a spec cannot become bad either', async () => {
    const { client, namespace } = give();
    const name = fresh('model');
    await client().create(edgeModels, namespace, model(name));
    const patch = { spec: { variants: [] } };
    const error = await refusal(client().mergePatch(edgeModels, namespace, name, patch));
    expect(error).toMatchObject({ status: 422 });
    expect(error.details?.map(({ field }) => field)).toEqual(['spec.variants']);
  });

  test('a bad status is refused', async () => {
    const { client, namespace } = give();
    const name = fresh('model');
    await client().create(edgeModels, namespace, model(name));
    const patch = { status: { nodes: 'many' } };
    const error = await refusal(
      client().mergePatch(edgeModels, namespace, name, patch, { subresource: 'status' }),
    );
    expect(error).toMatchObject({ status: 422 });
    // A real server adds that it left rules unchecked; the double has nothing that it leaves out.
    expect(error.details?.map(({ field }) => field)).toContain('status.nodes');
  });

  test('a field that a custom resource does not have is dropped, or refused where asked to', async () => {
    const { client, namespace } = give();
    const body = model(fresh('model'), { replicas: 3 });
    const error = await refusal(client().create(edgeModels, namespace, body, { fieldValidation: 'Strict' }));
    expect(error).toMatchObject({ status: 400 });
    expect(error.serverMessage).toContain('strict decoding error: unknown field "spec.replicas"');
    const made = await client().create<AnyObject>(edgeModels, namespace, body, { fieldValidation: 'Ignore' });
    expect(made.spec).not.toHaveProperty('replicas');
  });

  test('a pod template is kept as it was written', async () => {
    const { client, namespace } = give();
    const spec = {
      anything: { goes: [1, 2] },
      containers: [{ name: 'model', image: 'registry.example/server:1' }],
    };
    const made = await client().create<AnyObject>(
      edgeModels,
      namespace,
      model(fresh('model'), { template: { spec } }),
    );
    expect(made.spec).toMatchObject({ template: { spec } });
  });

  test('a strategic merge patch of a custom resource is not to be had', async () => {
    const { client, namespace, transport } = give();
    const name = fresh('model');
    await client().create(edgeModels, namespace, model(name));
    const answer = await transport.send({
      method: 'PATCH',
      path: `/apis/outrigger.dev/v1alpha1/namespaces/${namespace}/edgemodels/${name}`,
      contentType: 'application/strategic-merge-patch+json',
      body: { spec: { version: '2' } },
    });
    expect(answer.status).toBe(415);
    expect(JSON.parse(await answer.text())).toMatchObject({ kind: 'Status', reason: 'UnsupportedMediaType' });
  });

  test('a status applied without a field takes it away', async () => {
    const { client, namespace } = give();
    const name = fresh('rollout');
    await client().create(edgeRollouts, namespace, rollout(name, 'some-model'));
    const status = (more: object): object => ({
      apiVersion: 'outrigger.dev/v1alpha1',
      kind: 'EdgeRollout',
      metadata: { name },
      status: { phase: 'Progressing', ...more },
    });
    const options = { subresource: 'status' } as const;
    const wave = { wave: { name: 'canary', index: 0, startedAt: '2026-01-01T00:00:00Z' }, message: 'going' };
    const first = await client().apply<AnyObject>(edgeRollouts, namespace, name, status(wave), options);
    expect(first.status).toEqual({ phase: 'Progressing', ...wave });
    const after = await client().apply<AnyObject>(edgeRollouts, namespace, name, status({}), options);
    expect(after.status).toEqual({ phase: 'Progressing' });
    expect(after.spec).toMatchObject({ modelRef: { name: 'some-model' } });
    const again = await client().apply(edgeRollouts, namespace, name, status({}), options);
    expect(again.metadata.resourceVersion).toBe(after.metadata.resourceVersion);
  });

  test('a spec applied by two managers is of both', async () => {
    const { client, namespace } = give();
    const name = fresh('model');
    await client('git').apply(edgeModels, namespace, name, model(name));
    await client('person').mergePatch(edgeModels, namespace, name, {
      metadata: { annotations: { note: 'mine' } },
    });
    const after = await client('git').apply<AnyObject>(
      edgeModels,
      namespace,
      name,
      model(name, { version: '2' }),
    );
    expect(after.metadata).toMatchObject({ generation: 2, annotations: { note: 'mine' } });
    expect(after.spec).toMatchObject({ version: '2' });
  });

  test('custom resources are watched like any other', async () => {
    const subject = give();
    const { client, namespace } = subject;
    const resourceVersion = await nowOf(subject, edgeModels);
    const name = fresh('model');
    const watch = watching(subject, edgeModels, { resourceVersion, fieldSelector: `metadata.name=${name}` });
    const made = await client().create(edgeModels, namespace, model(name));
    expect(await watch.next()).toEqual({ type: 'ADDED', object: made });
    watch.stop();
  });
}
