import { expect, test } from 'vitest';
import { RESOURCES } from '../../src/kube/resource.ts';
import {
  type AnyObject,
  boundPod,
  configMap,
  eventually,
  exists,
  fresh,
  type Give,
  gone,
  pod,
  refusal,
  type Subject,
} from './subject.ts';

const { configMaps, pods } = RESOURCES;
const FINALIZER = 'outrigger.test/hold';

export function deleteCases(give: Give): void {
  test('a deleted object is gone', async () => {
    const { client, namespace } = give();
    const name = fresh('gone');
    await client().create(configMaps, namespace, configMap(name));
    await client().delete(configMaps, namespace, name);
    expect(await exists(give(), configMaps, name)).toBe(false);
    expect(await refusal(client().delete(configMaps, namespace, name))).toMatchObject({ code: 'notFound' });
  });

  test('a delete of another uid conflicts', async () => {
    const { client, namespace } = give();
    const { metadata } = await client().create(configMaps, namespace, configMap(fresh('uid')));
    const error = await refusal(client().delete(configMaps, namespace, metadata.name, { uid: 'another' }));
    expect(error).toMatchObject({ code: 'conflict', status: 409, reason: 'Conflict' });
    expect(error.serverMessage).toContain('the UID in the precondition (another) does not match');
    const { uid = '' } = metadata;
    await client().delete(configMaps, namespace, metadata.name, { uid });
    expect(await exists(give(), configMaps, metadata.name)).toBe(false);
  });

  test('a delete of an old version conflicts', async () => {
    const { client, namespace } = give();
    const made = await client().create(configMaps, namespace, configMap(fresh('version')));
    const { name, resourceVersion = '' } = made.metadata;
    const after = await client().mergePatch(configMaps, namespace, name, { data: { a: '2' } });
    const error = await refusal(client().delete(configMaps, namespace, name, { resourceVersion }));
    expect(error).toMatchObject({ code: 'conflict', reason: 'Conflict' });
    await client().delete(configMaps, namespace, name, {
      resourceVersion: after.metadata.resourceVersion ?? '',
    });
    expect(await exists(give(), configMaps, name)).toBe(false);
  });

  test('a finalizer holds an object until it is taken away', async () => {
    const { client, namespace } = give();
    const name = fresh('held');
    await client().create(configMaps, namespace, configMap(name, {}, { finalizers: [FINALIZER] }));
    await client().delete(configMaps, namespace, name);
    const held = await client().get<AnyObject>(configMaps, namespace, name);
    expect(held.metadata.deletionTimestamp).toBeDefined();
    expect(held.metadata.finalizers).toEqual([FINALIZER]);
    const still = await client().mergePatch<AnyObject>(configMaps, namespace, name, {
      data: { still: 'here' },
    });
    expect(still['data']).toEqual({ still: 'here' });
    await client().mergePatch(configMaps, namespace, name, { metadata: { finalizers: null } });
    expect(await exists(give(), configMaps, name)).toBe(false);
  });

  test('no finalizer can be added to what is being deleted', async () => {
    const { client, namespace } = give();
    const name = fresh('held');
    await client().create(configMaps, namespace, configMap(name, {}, { finalizers: [FINALIZER] }));
    await client().delete(configMaps, namespace, name);
    const patch = { metadata: { finalizers: [FINALIZER, 'outrigger.test/late'] } };
    const error = await refusal(client().mergePatch(configMaps, namespace, name, patch));
    expect(error).toMatchObject({ status: 422, details: [{ field: 'metadata.finalizers' }] });
    expect(error.serverMessage).toContain('no new finalizers can be added if the object is being deleted');
    await client().mergePatch(configMaps, namespace, name, { metadata: { finalizers: null } });
  });

  test('a pod without a node goes at once', async () => {
    const { client, namespace } = give();
    const name = fresh('unbound');
    await client().create(pods, namespace, pod(name));
    await client().delete(pods, namespace, name);
    expect(await exists(give(), pods, name)).toBe(false);
  });

  test('a pod on a node waits for its kubelet', async () => {
    const { client, namespace } = give();
    const name = fresh('bound');
    const made = await client().create(pods, namespace, boundPod(name));
    await client().delete(pods, namespace, name);
    const dying = await client().get<AnyObject>(pods, namespace, name);
    expect(dying.metadata).toMatchObject({
      deletionGracePeriodSeconds: 30,
      deletionTimestamp: expect.any(String),
    });
    expect(dying.metadata.generation).toBe((made.metadata.generation ?? 0) + 1);
    await client().delete(pods, namespace, name, { gracePeriodSeconds: 0 });
    expect(await exists(give(), pods, name)).toBe(false);
  });

  test('the time that a pod gets can be asked for, and shortened', async () => {
    const { client, namespace } = give();
    const name = fresh('bound');
    await client().create(pods, namespace, boundPod(name));
    await client().delete(pods, namespace, name, { gracePeriodSeconds: 20 });
    const first = await client().get<AnyObject>(pods, namespace, name);
    expect(first.metadata.deletionGracePeriodSeconds).toBe(20);
    await client().delete(pods, namespace, name, { gracePeriodSeconds: 25 });
    const longer = await client().get<AnyObject>(pods, namespace, name);
    expect(longer.metadata.deletionGracePeriodSeconds).toBe(20);
    await client().delete(pods, namespace, name, { gracePeriodSeconds: 5 });
    const shorter = await client().get<AnyObject>(pods, namespace, name);
    expect(shorter.metadata.deletionGracePeriodSeconds).toBe(5);
    await client().delete(pods, namespace, name, { gracePeriodSeconds: 0 });
    expect(await exists(give(), pods, name)).toBe(false);
  });

  test('a pod that has ended goes at once', async () => {
    const { client, namespace } = give();
    const name = fresh('ended');
    await client().create(pods, namespace, boundPod(name));
    await client().mergePatch(
      pods,
      namespace,
      name,
      { status: { phase: 'Failed' } },
      { subresource: 'status' },
    );
    await client().delete(pods, namespace, name);
    expect(await exists(give(), pods, name)).toBe(false);
  });

  test('dependents follow their owner', async () => {
    const { owner, dependent } = await family(give());
    await give().client().delete(configMaps, give().namespace, owner);
    expect(await gone(give(), configMaps, dependent)).toBe(true);
  });

  test('a dependent of what does not exist is collected', async () => {
    const { client, namespace } = give();
    const name = fresh('dangling');
    const uid = '00000000-0000-4000-8000-000000000000';
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid }];
    await client().create(configMaps, namespace, configMap(name, {}, { ownerReferences }));
    expect(await gone(give(), configMaps, name)).toBe(true);
  });

  test('one owner of two is enough to stay', async () => {
    const { client, namespace } = give();
    const owners = await Promise.all(
      ['first', 'second'].map((name) => client().create(configMaps, namespace, configMap(fresh(name)))),
    );
    const ownerReferences = owners.map(({ metadata }) => reference(metadata));
    const name = fresh('shared');
    await client().create(configMaps, namespace, configMap(name, {}, { ownerReferences }));
    await client().delete(configMaps, namespace, owners[0]?.metadata.name ?? '');
    const left = await eventually(give(), async () => {
      const { metadata } = await client().get<AnyObject>(configMaps, namespace, name);
      return metadata.ownerReferences?.length === 1 ? metadata.ownerReferences : undefined;
    });
    expect(left).toMatchObject([{ name: owners[1]?.metadata.name }]);
  });

  test('a pod on a node is collected in good order', async () => {
    const { client, namespace } = give();
    const { metadata } = await client().create(configMaps, namespace, configMap(fresh('owner')));
    const name = fresh('collected');
    await client().create(pods, namespace, boundPod(name, { ownerReferences: [reference(metadata)] }));
    await client().delete(configMaps, namespace, metadata.name);
    const dying = await eventually(give(), async () => {
      const { metadata: found } = await client().get<AnyObject>(pods, namespace, name);
      return found.deletionTimestamp ? found : undefined;
    });
    expect(dying.deletionGracePeriodSeconds).toBe(30);
    await client().delete(pods, namespace, name, { gracePeriodSeconds: 0 });
  });

  test('a foreground deletion waits for the dependents that block it', async () => {
    const { client, namespace } = give();
    const { owner, dependent } = await family(give(), { blockOwnerDeletion: true }, [FINALIZER]);
    await client().delete(configMaps, namespace, owner, { propagationPolicy: 'Foreground' });
    const waiting = await client().get<AnyObject>(configMaps, namespace, owner);
    expect(waiting.metadata.finalizers).toEqual(['foregroundDeletion']);
    await eventually(give(), async () => {
      const { metadata } = await client().get(configMaps, namespace, dependent);
      return metadata.deletionTimestamp;
    });
    expect(await exists(give(), configMaps, owner)).toBe(true);
    await client().mergePatch(configMaps, namespace, dependent, { metadata: { finalizers: null } });
    await gone(give(), configMaps, owner);
  });

  test('a foreground deletion does not wait for those that do not block it', async () => {
    const { client, namespace } = give();
    const { owner, dependent } = await family(give(), { blockOwnerDeletion: false }, [FINALIZER]);
    await client().delete(configMaps, namespace, owner, { propagationPolicy: 'Foreground' });
    expect(await gone(give(), configMaps, owner)).toBe(true);
    await eventually(give(), async () => {
      const { metadata } = await client().get(configMaps, namespace, dependent);
      return metadata.deletionTimestamp;
    });
    await client().mergePatch(configMaps, namespace, dependent, { metadata: { finalizers: null } });
  });

  test('an orphaning deletion leaves the dependents', async () => {
    const { client, namespace } = give();
    const { owner, dependent } = await family(give());
    await client().delete(configMaps, namespace, owner, { propagationPolicy: 'Orphan' });
    await gone(give(), configMaps, owner);
    await give().pass(1_000);
    const left = await client().get<AnyObject>(configMaps, namespace, dependent);
    expect(left.metadata.ownerReferences ?? []).toEqual([]);
    expect(left.metadata.deletionTimestamp).toBeUndefined();
  });
}

function reference(metadata: AnyObject['metadata'], more: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', name: metadata.name, uid: metadata.uid, ...more };
}

/** A ConfigMap that owns another one. */
async function family(
  { client, namespace }: Subject,
  more: object = {},
  finalizers: readonly string[] = [],
): Promise<{ owner: string; dependent: string }> {
  const { metadata } = await client().create(configMaps, namespace, configMap(fresh('owner')));
  const dependent = fresh('dependent');
  const owned = { ownerReferences: [reference(metadata, more)], finalizers };
  await client().create(configMaps, namespace, configMap(dependent, {}, owned));
  return { owner: metadata.name, dependent };
}
