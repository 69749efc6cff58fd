import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { installCrds } from '../api/install-crds.ts';
import { model } from '../operator/manifests.ts';
import { eventually } from '../operator/real-cluster.ts';
import { describeReal } from '../setup/describe-real.ts';
import { accessObjects, grant, install, uninstall } from './access-objects.ts';
import type { Manifest } from './manifest.ts';
import { Person } from './person.ts';

const OPERATOR = 'system:serviceaccount:outrigger-system:outrigger';
const OWN = 'outrigger.dev/orphan-pods';

describeReal("the operator's own token, which may patch EdgeModels", (real) => {
  let objects: readonly Manifest[] = [];
  let namespace = '';
  let count = 0;
  const path = (name: string): string =>
    `/apis/outrigger.dev/v1alpha1/namespaces/${namespace}/edgemodels/${name}`;
  const operator = (): Person => new Person(real(), OPERATOR);

  async function existing(finalizers: readonly string[] = []): Promise<string> {
    count += 1;
    const name = `model-${count}`;
    const metadata = { name, namespace, finalizers, labels: { team: 'a' }, annotations: { note: 'theirs' } };
    const reply = await real().call(
      'PATCH',
      `${path(name)}?fieldManager=tests`,
      { ...model(), metadata },
      'application/apply-patch+yaml',
    );
    if (reply.status !== 201) throw new Error(`not made: ${JSON.stringify(reply.body)}`);
    return name;
  }

  async function stored(name: string): Promise<KubeObject> {
    return (await real().call('GET', path(name))).body as unknown as KubeObject;
  }

  beforeAll(async () => {
    await installCrds(real().call);
    namespace = await real().namespace();
    objects = await accessObjects('outrigger-system', {});
    await install(real(), objects);
    for (const user of [OPERATOR, 'author']) {
      await grant(real(), namespace, user, [
        { apiGroups: ['outrigger.dev'], resources: ['edgemodels'], verbs: ['get', 'patch'] },
      ]);
    }
    const probe = await existing();
    let tries = 0;
    await eventually(
      'the policy refuses',
      () => {
        tries += 1;
        return operator().patch(path(probe), { metadata: { labels: { try: String(tries) } } });
      },
      ({ body }) => String(body['message']).includes('ValidatingAdmissionPolicy'),
    );
  });

  afterAll(async () => {
    const { body } = await real().call('GET', path(''));
    for (const { metadata } of body['items'] as readonly KubeObject[]) {
      const patch = { metadata: { finalizers: null } };
      await real().call('PATCH', path(metadata.name), patch, 'application/merge-patch+json');
    }
    await uninstall(real(), objects);
  });

  it.each([
    { what: 'the spec', body: { spec: { version: '9.9.9' } }, says: 'may not change spec of' },
    { what: 'a label', body: { metadata: { labels: { team: null } } }, says: 'may not change labels of' },
    {
      what: 'an annotation',
      body: { metadata: { annotations: { note: 'mine' } } },
      says: 'may not change annotations of',
    },
    {
      what: 'the finalizer of somebody else away',
      body: { metadata: { finalizers: [OWN] } },
      says: 'may not change the finalizer example.com/hold of',
    },
    {
      what: 'a finalizer of somebody else',
      body: { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } },
      says: 'may not change the finalizer example.com/more of',
    },
  ])('cannot change $what', async ({ body, says }) => {
    const name = await existing(['example.com/hold']);
    const before = await stored(name);
    const reply = await operator().patch(path(name), body);
    expect(reply).toMatchObject({ status: 403 });
    expect(reply.body['message']).toContain(`${says} EdgeModel ${namespace}/${name}`);
    expect(await stored(name)).toEqual(before);
    expect((await new Person(real(), 'author').patch(path(name), body)).status, 'for others it is free').toBe(
      200,
    );
  });

  it('can set its own finalizer and take it away', async () => {
    const name = await existing(['example.com/hold']);
    for (const finalizers of [['example.com/hold', OWN], ['example.com/hold']]) {
      expect(await operator().patch(path(name), { metadata: { finalizers } })).toMatchObject({ status: 200 });
      expect((await stored(name)).metadata.finalizers).toEqual(finalizers);
    }
  });
});
