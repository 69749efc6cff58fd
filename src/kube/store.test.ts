import { describe, expect, it, vi } from 'vitest';
import type { KubeObject, ObjectMeta } from '../api/object-meta.ts';
import { byLabel } from './indices.ts';
import { Store, type StoreChange } from './store.ts';

interface View {
  readonly metadata: ObjectMeta;
}

function pod(
  name: string,
  resourceVersion: string,
  uid = `uid-${name}`,
  more: Partial<ObjectMeta> = {},
): KubeObject {
  const metadata = { name, namespace: 'vision', uid, resourceVersion, ...more };
  return { apiVersion: 'v1', kind: 'Pod', metadata };
}

function setUp() {
  const changes: string[] = [];
  const store = new Store<View>({
    project: ({ metadata }) => {
      if (metadata.name === 'poison') throw new Error('cannot be read');
      return { metadata };
    },
    indexers: { model: byLabel('model') },
  });
  store.subscribe((change) => void changes.push(describeChange(change)));
  return {
    store,
    changes,
    list: (version: string, ...objects: KubeObject[]) => relist(store, version, objects),
  };
}

function relist(store: Store<View>, resourceVersion: string, objects: readonly KubeObject[]): void {
  store.handle({ type: 'init' });
  for (const object of objects) store.handle({ type: 'initApply', object });
  store.handle({ type: 'initDone', resourceVersion });
}

function describeChange(change: StoreChange<View>): string {
  const { metadata } = change.type === 'deleted' ? change.old : change.new;
  return `${change.type} ${metadata.name}@${metadata.resourceVersion}`;
}

describe('Store', () => {
  it('is synced after a whole list and not before', async () => {
    const { store } = setUp();
    store.handle({ type: 'init' });
    store.handle({ type: 'initApply', object: pod('a', '1') });
    expect(store.hasSynced).toBe(false);
    expect(store.size).toBe(0);
    store.handle({ type: 'initDone', resourceVersion: '5' });
    expect(store.hasSynced).toBe(true);
    await store.synced();
    expect(store.get('vision', 'a')?.metadata.resourceVersion).toBe('1');
  });

  it('tells what a watch brings', () => {
    const { store, changes, list } = setUp();
    list('5', pod('a', '1'));
    store.handle({ type: 'apply', object: pod('b', '6') });
    store.handle({ type: 'apply', object: pod('a', '7') });
    store.handle({ type: 'delete', object: pod('a', '8') });
    store.handle({ type: 'delete', object: pod('unknown', '9') });
    expect(changes).toEqual(['added a@1', 'added b@6', 'updated a@7', 'deleted a@7']);
  });

  it('finds by a relist what was deleted, changed and made again unseen, and is silent about the rest', () => {
    const { changes, list } = setUp();
    list('5', pod('gone', '1'), pod('changed', '2'), pod('again', '3'), pod('same', '4'));
    changes.length = 0;
    list('20', pod('changed', '12'), pod('again', '13', 'uid-2'), pod('same', '4'), pod('new', '14'));
    expect(changes).toEqual([
      'deleted gone@1',
      'updated changed@12',
      'deleted again@3',
      'added again@13',
      'added new@14',
    ]);
  });

  it('drops the beginnings of a list that was begun again', () => {
    const { store, list } = setUp();
    store.handle({ type: 'init' });
    store.handle({ type: 'initApply', object: pod('half', '1') });
    list('5', pod('a', '2'));
    expect(store.list().map(({ metadata }) => metadata.name)).toEqual(['a']);
  });

  it('follows a server that was set back to older versions', () => {
    const { store, list } = setUp();
    list('500', pod('a', '400'));
    list('50', pod('a', '40'));
    expect(store.get('vision', 'a')?.metadata.resourceVersion).toBe('40');
    store.handle({ type: 'apply', object: pod('a', '51') });
    expect(store.get('vision', 'a')?.metadata.resourceVersion).toBe('51');
  });

  it('keeps its indices with every change', () => {
    const { store, list } = setUp();
    const labelled = (name: string, version: string, model: string): KubeObject =>
      pod(name, version, undefined, { labels: { model } });
    const named = (value: string): string[] =>
      store.indexed('model', value).map(({ metadata }) => metadata.name);
    list('5', labelled('a', '1', 'x'), labelled('b', '2', 'x'), pod('bare', '3'));
    expect(named('vision/x')).toEqual(['a', 'b']);
    store.handle({ type: 'apply', object: labelled('a', '6', 'y') });
    store.handle({ type: 'delete', object: labelled('b', '7', 'x') });
    expect([named('vision/x'), named('vision/y')]).toEqual([[], ['a']]);
    expect(() => store.indexed('colour', 'red')).toThrow('no indexer "colour"');
  });

  it('tells all subscribers though one throws, and none that left', () => {
    const errors = vi.fn<(error: unknown) => void>();
    const store = new Store<View>({ project: ({ metadata }) => ({ metadata }), onSubscriberError: errors });
    const told = vi.fn<(change: StoreChange<View>) => void>();
    const left = vi.fn<(change: StoreChange<View>) => void>();
    store.subscribe(() => {
      throw new Error('broken');
    });
    store.subscribe(told);
    store.subscribe(left)();
    relist(store, '5', [pod('a', '1')]);
    expect(told).toHaveBeenCalledTimes(1);
    expect(left).not.toHaveBeenCalled();
    expect(errors).toHaveBeenCalledTimes(1);
  });

  it('does not take an object that it cannot read for a deleted one', () => {
    const { store, list } = setUp();
    list('5', pod('a', '1'));
    store.handle({ type: 'init' });
    expect(() => store.handle({ type: 'initApply', object: pod('poison', '6') })).toThrow('cannot be read');
    store.handle({ type: 'initApply', object: pod('a', '1') });
    store.handle({ type: 'initDone', resourceVersion: '7' });
    expect(store.list()).toHaveLength(1);
  });
});

describe('Store.remember', () => {
  it('shows our write at once, ignores what is older, and takes what is newer', () => {
    const { store, changes, list } = setUp();
    list('5', pod('a', '1'));
    store.remember(pod('a', '10'));
    store.handle({ type: 'apply', object: pod('a', '9') });
    expect(store.get('vision', 'a')?.metadata.resourceVersion).toBe('10');
    store.handle({ type: 'apply', object: pod('a', '10') });
    store.handle({ type: 'apply', object: pod('a', '11') });
    expect(changes).toEqual(['added a@1', 'updated a@10', 'updated a@11']);
  });

  it('compares as numbers, not as text', () => {
    const { store, list } = setUp();
    list('5', pod('a', '9'));
    store.remember(pod('a', '10'));
    expect(store.get('vision', 'a')?.metadata.resourceVersion).toBe('10');
    store.remember(pod('a', '9'));
    expect(store.get('vision', 'a')?.metadata.resourceVersion).toBe('10');
  });

  it('is not undone by the end of the former bearer of the name', () => {
    const { store, list } = setUp();
    list('5', pod('a', '1', 'old'));
    store.remember(pod('a', '10', 'new'));
    store.handle({ type: 'delete', object: pod('a', '8', 'old') });
    expect(store.get('vision', 'a')?.metadata.uid).toBe('new');
  });

  it('does not bring back what the watch has already seen come and go', () => {
    const { store, list } = setUp();
    list('5');
    store.handle({ type: 'apply', object: pod('a', '6') });
    store.handle({ type: 'delete', object: pod('a', '7') });
    store.remember(pod('a', '6'));
    expect(store.get('vision', 'a')).toBeUndefined();
  });

  it('survives a list that was taken before the write, not one taken after', () => {
    const { store, list } = setUp();
    list('5');
    store.handle({ type: 'init' });
    store.remember(pod('a', '10'));
    store.handle({ type: 'initDone', resourceVersion: '9' });
    expect(store.get('vision', 'a')).toBeDefined();
    store.handle({ type: 'init' });
    store.remember(pod('b', '11'));
    store.handle({ type: 'initDone', resourceVersion: '12' });
    expect(store.list()).toEqual([]);
  });

  it('leaves the view alone where versions cannot be compared', () => {
    const { store, list } = setUp();
    list('abc', pod('a', 'x1'));
    store.remember(pod('a', 'x2'));
    expect(store.get('vision', 'a')?.metadata.resourceVersion).toBe('x1');
    store.handle({ type: 'apply', object: pod('a', 'x2') });
    expect(store.get('vision', 'a')?.metadata.resourceVersion).toBe('x2');
  });
});

describe('Store.rememberDeleted', () => {
  const at = '2026-01-01T00:00:00Z';

  it('shows the object as terminating through older news, until its end', () => {
    const { store, changes, list } = setUp();
    list('5', pod('a', '1'));
    store.rememberDeleted('vision', 'a', 'uid-a', at);
    store.handle({ type: 'apply', object: pod('a', '6') });
    expect(store.get('vision', 'a')?.metadata.deletionTimestamp).toBe(at);
    store.handle({
      type: 'apply',
      object: pod('a', '7', 'uid-a', { deletionTimestamp: '2026-01-01T00:00:30Z' }),
    });
    expect(store.get('vision', 'a')?.metadata.deletionTimestamp).toBe('2026-01-01T00:00:30Z');
    store.handle({ type: 'delete', object: pod('a', '8') });
    expect(changes).toEqual(['added a@1', 'updated a@1', 'updated a@6', 'updated a@7', 'deleted a@7']);
  });

  it('speaks of one uid only', () => {
    const { store, list } = setUp();
    list('5', pod('a', '1', 'new'));
    store.rememberDeleted('vision', 'a', 'old', at);
    expect(store.get('vision', 'a')?.metadata.deletionTimestamp).toBeUndefined();
    store.rememberDeleted('vision', 'a', 'new', at);
    store.handle({ type: 'apply', object: pod('a', '9', 'newest') });
    expect(store.get('vision', 'a')?.metadata.deletionTimestamp).toBeUndefined();
  });
});
