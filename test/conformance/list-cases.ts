import { expect, test } from 'vitest';
import { RESOURCES } from '../../src/kube/resource.ts';
import { type AnyObject, boundPod, configMap, fresh, type Give, pod, refusal } from './subject.ts';

const { configMaps, pods } = RESOURCES;

export function listCases(give: Give): void {
  const made = { a: { tier: 'gold', site: 'x' }, b: { tier: 'tin' }, c: { site: 'y' } };

  test.each([
    ['tier=gold', ['a']],
    ['tier==gold', ['a']],
    ['tier!=gold', ['b', 'c']],
    ['tier in (gold, tin)', ['a', 'b']],
    ['tier notin (gold)', ['b', 'c']],
    ['site', ['a', 'c']],
    ['!site', ['b']],
    ['tier in (gold,tin),site=x', ['a']],
    ['tier=none', []],
  ])('the label selector %s', async (selector, expected) => {
    const { client, namespace } = give();
    const group = fresh('selected');
    for (const [name, labels] of Object.entries(made)) {
      await client().create(
        configMaps,
        namespace,
        configMap(`${group}-${name}`, {}, { labels: { ...labels, group } }),
      );
    }
    const labelSelector = `${selector},group=${group}`;
    const { items } = await client().list<AnyObject>(configMaps, { namespace, labelSelector });
    expect(items.map(({ metadata }) => metadata.name.replace(`${group}-`, ''))).toEqual(expected);
  });

  test('a selector that makes no sense is refused', async () => {
    const { client, namespace } = give();
    const error = await refusal(client().list(configMaps, { namespace, labelSelector: 'a in' }));
    expect(error).toMatchObject({ status: 400 });
  });

  test('fields select by name and by node', async () => {
    const { client, namespace } = give();
    const [one, other] = [fresh('field'), fresh('field')];
    await client().create(pods, namespace, boundPod(one));
    await client().create(pods, namespace, pod(other));
    const names = async (fieldSelector: string): Promise<string[]> => {
      const { items } = await client().list<AnyObject>(pods, { namespace, fieldSelector });
      return items.map(({ metadata }) => metadata.name);
    };
    expect(await names(`metadata.name=${one}`)).toEqual([one]);
    expect(await names(`spec.nodeName=a-node-without-kubelet,metadata.name=${one}`)).toEqual([one]);
    expect(await names(`spec.nodeName!=a-node-without-kubelet,metadata.name=${one}`)).toEqual([]);
    expect(await names(`spec.nodeName=,metadata.name=${other}`)).toEqual([other]);
    expect(await names(`status.phase=Pending,metadata.name=${other}`)).toEqual([other]);
  });

  test('not every field selects', async () => {
    const { client, namespace } = give();
    const error = await refusal(client().list(pods, { namespace, fieldSelector: 'spec.hostname=x' }));
    expect(error).toMatchObject({ status: 400 });
    expect(error.serverMessage).toContain('field label not supported: spec.hostname');
  });

  test('pages are of one moment', async () => {
    const { client, namespace } = give();
    const group = fresh('page');
    const labels = { group };
    for (let index = 0; index < 5; index++) {
      await client().create(configMaps, namespace, configMap(`${group}-${index}`, {}, { labels }));
    }
    const options = { namespace, labelSelector: `group=${group}`, limit: 2 };
    const first = await client().list<AnyObject>(configMaps, options);
    await client().create(configMaps, namespace, configMap(`${group}-3a`, {}, { labels }));
    await client().delete(configMaps, namespace, `${group}-4`);
    const second = await client().list<AnyObject>(configMaps, { ...options, continue: first.continue });
    const third = await client().list<AnyObject>(configMaps, { ...options, continue: second.continue });
    const names = [first, second, third].map(({ items }) =>
      items.map(({ metadata }) => metadata.name.slice(-1)),
    );
    expect(names).toEqual([['0', '1'], ['2', '3'], ['4']]);
    expect(third.continue).toBeUndefined();
    expect(new Set([first, second, third].map(({ resourceVersion }) => resourceVersion)).size).toBe(1);
  });

  test('a list of all namespaces holds those of each', async () => {
    const { client, namespace } = give();
    const labels = { group: fresh('everywhere') };
    await client().create(configMaps, namespace, configMap(fresh('here'), {}, { labels }));
    const { items } = await client().list(configMaps, { labelSelector: `group=${labels.group}` });
    expect(items).toMatchObject([{ metadata: { namespace } }]);
  });

  test('a token that is none is refused', async () => {
    const { client, namespace } = give();
    const error = await refusal(client().list(configMaps, { namespace, limit: 1, continue: 'bm9uZQ' }));
    expect(error).toMatchObject({ status: 400 });
  });

  test('a list of a version yet to come is a timeout', async () => {
    const { transport, namespace } = give();
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const answer = await transport.send({ method: 'GET', path, query: { resourceVersion: '999999999' } });
    expect(answer.status).toBe(504);
    expect(JSON.parse(await answer.text())).toMatchObject({
      reason: 'Timeout',
      details: { retryAfterSeconds: 1 },
    });
  });
}
