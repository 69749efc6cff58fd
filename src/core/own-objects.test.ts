import { describe, expect, it } from 'vitest';
import { revisionOf, memoryOf } from './fixtures/memory.ts';
import { fleetOf, modelOf, podOf } from './fixtures/objects.ts';
import { TinyWorld } from './fixtures/tiny-world.ts';
import type { Observed } from './observed.ts';
import { ownObjects } from './own-objects.ts';

const OURS = { kind: 'EdgeModel', uid: 'uid-defects' };
const FORMER = { kind: 'EdgeModel', uid: 'uid-of-one-that-was-deleted' };
const FOREIGN = { kind: 'ReplicaSet', uid: 'uid-of-a-replica-set' };

const memory = (name: string, revisionUid: string | undefined) => ({
  name,
  resourceVersion: '1',
  revisionUid,
  memory: memoryOf(),
});

function split(parts: Partial<Observed>): ReturnType<typeof ownObjects> {
  const world = new TinyWorld(fleetOf(1), modelOf());
  return ownObjects({ ...world.observed(), ...parts }, modelOf());
}

describe('what belongs to a model', () => {
  it('is what it controls, what has its label and no controller, and pods that go with their node', () => {
    const { own, former } = split({
      pods: [
        podOf({ name: 'a', controller: OURS }),
        podOf({ name: 'b', controller: undefined }),
        podOf({ name: 'c', controller: { kind: 'Node', uid: 'uid-edge-1' } }),
      ],
      revisions: [revisionOf({ controller: OURS }), revisionOf({ hash: 'rev-c', controller: undefined })],
    });
    expect(own.pods.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(own.revisions.map(({ hash }) => hash)).toEqual(['rev-b', 'rev-c']);
    expect(former).toBeUndefined();
  });

  it('is nothing of another controller, whose pods only carry the label', () => {
    const { own, former } = split({ pods: [podOf({ controller: FOREIGN })] });
    expect(own.pods).toEqual([]);
    expect(former).toBeUndefined();
  });

  it.each([
    ['pods', { pods: [podOf({ name: 'left', controller: FORMER })] }, 'Pod left'],
    ['revisions', { revisions: [revisionOf({ controller: FORMER })] }, 'ControllerRevision defects-rev-b'],
    ['config', { configMaps: new Map([['files', { uid: 'u', controller: FORMER }]]) }, 'ConfigMap files'],
  ])('waits while %s of a former model of the name are there', (_, parts, named) => {
    const { own, former } = split(parts);
    expect(former).toMatchObject({ code: 'FormerModelLeaving', message: expect.stringContaining(named) });
    expect([own.pods, own.revisions, [...own.configMaps]]).toEqual([[], [], []]);
  });

  it('does not wait for a pod of the former model that is on its way out, perhaps on a node that is away', () => {
    const { own, former } = split({ pods: [podOf({ controller: FORMER, deleting: true })] });
    expect(own.pods).toEqual([]);
    expect(former).toBeUndefined();
  });

  it('has the memories of its own revisions alone', () => {
    const { own } = split({
      revisions: [revisionOf({ uid: 'known' })],
      memories: [memory('ours', 'known'), memory('former', 'gone'), memory('without', undefined)],
    });
    expect(own.memories.map(({ name }) => name)).toEqual(['ours', 'without']);
  });
});
