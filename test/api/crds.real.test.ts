import { assert, asyncProperty } from 'fast-check';
import { beforeAll, expect, test } from 'vitest';

import { validateManifest } from '../../src/api/validate.ts';
import { describeReal } from '../setup/describe-real.ts';
import type { ApiReply } from '../setup/describe-real.ts';
import { BAD_MANIFESTS } from './bad-manifests.ts';
import { GOOD_MANIFESTS } from './good-manifests.ts';
import { installCrds } from './install-crds.ts';
import { model, rollout } from './manifests.ts';
import { mutatedManifest } from './mutations.ts';

interface Cause {
  readonly field: string;
  readonly message: string;
}

describeReal('the CRDs on a real API server', (real) => {
  let namespace = '';

  beforeAll(async () => {
    await installCrds(real().call);
    namespace = await real().namespace();
  });

  function apply(manifest: unknown): Promise<ApiReply> {
    const plural = Reflect.get(Object(manifest), 'kind') === 'EdgeModel' ? 'edgemodels' : 'edgerollouts';
    const own: unknown = Reflect.get(Object(Reflect.get(Object(manifest), 'metadata')), 'namespace');
    const within = typeof own === 'string' ? own : namespace;
    const path = `/apis/outrigger.dev/v1alpha1/namespaces/${within}/${plural}`;
    return real().call('POST', `${path}?dryRun=All&fieldValidation=Strict`, manifest);
  }

  test.each(BAD_MANIFESTS)('$name is refused with its field and a sentence', async (bad) => {
    const { status, body } = await apply(bad.manifest);
    expect(status).toBeOneOf([400, 422]);
    expect(causesOf(body)).toContainEqual({
      field: bad.path,
      message: expect.stringContaining(bad.sentence),
    });
  });

  test.each(GOOD_MANIFESTS)('$name is accepted', async ({ manifest }) => {
    expect(await apply(manifest)).toMatchObject({ status: 201 });
  });

  test('a rollout keeps its model', async () => {
    const path = `/apis/outrigger.dev/v1alpha1/namespaces/${await real().namespace()}/edgerollouts`;
    expect(await real().call('POST', path, rollout({ paused: true }))).toMatchObject({ status: 201 });
    const patch = { spec: { modelRef: { name: 'another' } } };
    const reply = await real().call('PATCH', `${path}/detector`, patch, 'application/merge-patch+json');
    expect(reply.status).toBe(422);
    expect(causesOf(reply.body)).toContainEqual({
      field: 'spec.modelRef',
      message: expect.stringContaining('make another EdgeRollout'),
    });
  });

  test('the status is written by itself, and the spec not with it', async () => {
    const path = `/apis/outrigger.dev/v1alpha1/namespaces/${await real().namespace()}/edgemodels`;
    expect(await real().call('POST', path, model({}))).toMatchObject({ status: 201 });
    const patch = { spec: { version: '9' }, status: { phase: 'Ready', version: '1.0.0' } };
    const reply = await real().call(
      'PATCH',
      `${path}/detector/status`,
      patch,
      'application/merge-patch+json',
    );
    expect(reply).toMatchObject({
      status: 200,
      body: { metadata: { generation: 1 }, spec: { version: '1.0.0' }, status: { phase: 'Ready' } },
    });
  });

  test('the API server and the schemas agree about manifests that are good or bad by chance', async () => {
    let accepted = 0;
    await assert(
      asyncProperty(mutatedManifest, async (manifest) => {
        const reply = await apply(manifest);
        if (reply.status === 201) accepted += 1;
        const there = reply.status === 201 ? [] : [reply.body['message']];
        expect({ there, refused: there.length > 0 }).toEqual({
          there,
          refused: validateManifest(manifest).length > 0,
        });
      }),
      // A fixed seed: the test is to tell of a change of the schemas, not of luck.
      { seed: 20_260_801, numRuns: 400 },
    );
    expect(accepted).toBeGreaterThan(40);
  });
});

/** The causes of a refusal; strict decoding gives none, but one message: strict decoding error: unknown field "spec.x". */
function causesOf(body: ApiReply['body']): Cause[] {
  const { causes = [] } = Object(body['details']) as { readonly causes?: readonly Cause[] };
  const unknown = [...String(body['message']).matchAll(/unknown field "([^"]+)"/g)];
  return [
    ...causes.map(({ field, message }) => ({ field, message })),
    ...unknown.map(([message, field = '']) => ({ field, message })),
  ];
}
