import { describe, expect, it } from 'vitest';
import { revisionOf } from './fixtures/memory.ts';
import { fleetOf, modelOf, podOf } from './fixtures/objects.ts';
import { TinyWorld } from './fixtures/tiny-world.ts';
import type { Observed } from './observed.ts';
import { ownerActions } from './owner-actions.ts';

const OURS = { kind: 'EdgeModel', uid: 'uid-defects' };

function changes(deletionPolicy: 'Delete' | 'Orphan', parts: Partial<Observed>): string[] {
  const model = modelOf({ deletionPolicy });
  const observed = { ...new TinyWorld(fleetOf(1), model).observed(), ...parts };
  return ownerActions(observed, model).map((action) => {
    if (action.kind !== 'SetOwner') throw new Error(`${action.kind} is no SetOwner`);
    return `${action.of} ${action.name} ${action.owner?.kind ?? 'free'}`;
  });
}

const revisions = [revisionOf({ hash: 'rev-a' })];
const files = (controller: typeof OURS | undefined) => new Map([['files', { uid: 'uid-files', controller }]]);

describe('who owns what serves', () => {
  it('is the model, so that it goes with it', () => {
    const parts = {
      revisions,
      pods: [podOf({ name: 'orphan', controller: undefined })],
      configMaps: files(undefined),
    };
    expect(changes('Delete', parts)).toEqual(['ConfigMap files EdgeModel', 'Pod orphan EdgeModel']);
  });

  it('is the node where they are to outlive the model, and nobody for their files', () => {
    const parts = { revisions, pods: [podOf({ name: 'owned' })], configMaps: files(OURS) };
    expect(changes('Orphan', parts)).toEqual(['ConfigMap files free', 'Pod owned Node']);
  });

  it('stays as it is where it is right', () => {
    expect(changes('Delete', { revisions, pods: [podOf()], configMaps: files(OURS) })).toEqual([]);
    const free = {
      revisions,
      pods: [podOf({ controller: { kind: 'Node', uid: 'uid-edge-1' } })],
      configMaps: files(undefined),
    };
    expect(changes('Orphan', free)).toEqual([]);
  });

  it('is the model for its revisions, whatever the policy', () => {
    const orphaned = [revisionOf({ hash: 'rev-a', controller: undefined })];
    expect(changes('Orphan', { revisions: orphaned })).toEqual([
      'ControllerRevision defects-rev-a EdgeModel',
    ]);
  });

  it('is left open for pods of a revision that nobody knows, for those that end, and for prefetch pods', () => {
    const pods = [
      podOf({ revision: 'unknown', controller: undefined }),
      podOf({ deleting: true, controller: undefined }),
      podOf({ role: 'prefetch', controller: undefined }),
    ];
    expect(changes('Delete', { revisions, pods })).toEqual([]);
  });
});
