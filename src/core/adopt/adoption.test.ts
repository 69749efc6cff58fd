import { describe, expect, it } from 'vitest';
import { daemonPod } from '../fixtures/daemon-pod.ts';
import type { DaemonPodOptions } from '../fixtures/daemon-pod.ts';
import { fleetOf, modelOf, nodeOf, rolloutOf } from '../fixtures/objects.ts';
import { TinyWorld } from '../fixtures/tiny-world.ts';
import { parseRevision } from '../revision/controller-revision.ts';

const ADOPT = { adopt: { selector: { app: 'defect' } }, version: '2.0.0' };
const OWNER = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'defect', uid: 'uid-ds', controller: true };

/** Six nodes that serve by what a DaemonSet left behind, and a model whose spec is another. */
function left(
  spec: Parameters<typeof modelOf>[0] = {},
  pod: (node: string) => DaemonPodOptions = () => ({}),
  rollout = rolloutOf(),
): TinyWorld {
  const world = new TinyWorld(fleetOf(6), modelOf({ ...ADOPT, ...spec }), rollout);
  for (const { name } of world.nodes) put(world, name, pod(name));
  return world;
}

function put(world: TinyWorld, node: string, options: DaemonPodOptions = {}): void {
  const pod = daemonPod(node, options);
  world.bare.set(pod.metadata.name, pod);
}

/** The same, with nothing tried yet. */
const paused = () => left({}, () => ({}), rolloutOf({ paused: true }));

function nothingMoved(world: TinyWorld): void {
  expect(kinds(world).filter((kind) => !/^Write|^ApplyService$/.test(kind))).toEqual([]);
  expect(world.revisions.size).toBe(0);
}

const why = (world: TinyWorld) =>
  world.model?.status?.conditions?.find(({ type }) => type === 'Ready') as
    | { reason: string; message: string }
    | undefined;
const kinds = (world: TinyWorld) => world.done.map(({ kind }) => kind);
const revisions = (world: TinyWorld) => [...world.revisions.values()].map((raw) => parseRevision(raw));
const served = (world: TinyWorld) => world.podViews().filter(({ ready, deleting }) => ready && !deleting);
const told = (world: TinyWorld) => world.events.map(({ reason }) => reason);

describe('adopt: pods that a DaemonSet left behind', () => {
  it('become revision 0, promoted, and the spec is then tried against it in waves', () => {
    const world = left();
    world.tick();
    const [zero] = revisions(world);
    expect(zero).toMatchObject({
      ordinal: 0,
      first: false,
      promoted: { cohorts: { adopted: { by: 'Adopted' } }, complete: { order: 1 } },
      content: {
        version: 'adopted',
        variants: [{ name: 'adopted' }],
        template: { metadata: { labels: { app: 'defect' }, annotations: { owner: 'vision' } } },
      },
    });
    const before = world.podViews();
    expect(before.map(({ uid }) => uid).toSorted()).toEqual(
      world.nodes.map(({ name }) => `uid-defect-${name}`),
    );
    expect(before[0]?.labels).toMatchObject({
      app: 'defect',
      'outrigger.dev/model': 'defects',
      'outrigger.dev/revision': zero?.hash,
      'outrigger.dev/variant': 'adopted',
      'outrigger.dev/cohort': 'adopted',
      'outrigger.dev/role': 'serve',
      'app.kubernetes.io/name': 'defects',
    });
    expect(before.map(({ controller }) => controller?.uid)).toEqual(Array(6).fill('uid-defects'));
    expect(kinds(world).slice(0, 3)).toEqual(['WriteRolloutStatus', 'WriteModelStatus', 'CreateRevision']);
    expect(kinds(world)).not.toContain('CreatePod');

    world.until('a canary', () => kinds(world).includes('CreatePod'));
    expect(world.rollout.status?.stable?.version).toBe('adopted');
    expect(kinds(world).filter((kind) => kind === 'CreatePod')).toHaveLength(1);
    world.untilPhase('Promoted');
    expect(Object.values(world.serving())).toEqual(Array(6).fill('2.0.0'));
    expect(told(world)).toEqual(expect.arrayContaining(['Adopted', 'WaveStarted', 'Promoted']));
    expect(told(world).filter((code) => code === 'Adopted')).toHaveLength(1);
  });

  it('are what a rejected candidate goes back to: a pod like them, by our own name', () => {
    const world = left({ updateStrategy: 'Replace' });
    world.behaviours.set('2.0.0', 'crashes');
    world.untilPhase('RolledBack');
    world.until('all serve again', () => served(world).length === 6);
    expect(new Set(served(world).map(({ variant }) => variant))).toEqual(new Set(['adopted']));
    const made = world.done.flatMap((action) =>
      action.kind === 'CreatePod' && action.pod.metadata.labels?.['app'] === 'defect' ? [action.pod] : [],
    );
    expect(made).toHaveLength(1);
    expect(made[0]?.metadata.name).toMatch(/^defects-[a-z2-7]{16}$/);
    expect(made[0]?.spec.containers[0]).toMatchObject({
      name: 'server',
      image: 'registry.example/onnx-server:1.0.0',
    });
  });

  it('are made again by our own name where one goes, and no second one comes beside it', () => {
    const world = paused();
    world.until('the revision of the spec', () => world.revisions.size === 2);
    world.tick(5);
    expect(world.podViews()).toHaveLength(6);
    world.pods.delete('defect-edge-3');
    world.tick(3);
    expect(served(world)).toHaveLength(6);
    expect(world.podViews().find(({ node }) => node === 'edge-3')).toMatchObject({
      name: expect.stringMatching(/^defects-[a-z2-7]{16}$/),
      labels: { app: 'defect' },
      variant: 'adopted',
    });
  });

  it('are held, and touched by nothing, where no rollout governs the model', () => {
    const world = left();
    world.rollouts = [];
    world.tick(5);
    expect(why(world)).toMatchObject({ reason: 'NoRollout' });
    expect(world.podViews().map(({ uid }) => uid)).toHaveLength(6);
    expect(kinds(world)).not.toContain('CreatePod');
    expect(kinds(world)).not.toContain('DeletePod');
  });

  it('keep the labels by which others select them; the version is the one that they say', () => {
    const world = left({}, () => ({
      labels: { 'app.kubernetes.io/version': '1.9.0', 'app.kubernetes.io/name': 'theirs' },
    }));
    world.tick();
    expect(revisions(world)[0]?.content.version).toBe('1.9.0');
    expect(world.podViews()[0]?.labels).toMatchObject({
      'app.kubernetes.io/name': 'theirs',
      'app.kubernetes.io/instance': 'defects',
    });
  });

  it('belong to their Node with deletionPolicy Orphan', () => {
    const world = left({ deletionPolicy: 'Orphan' });
    world.tick(2);
    expect(world.podViews().map(({ controller }) => controller?.kind)).toEqual(Array(6).fill('Node'));
  });

  it('on nodes that the model does not select, terminating, ended, mirrored or of another model are not touched', () => {
    const world = left({ nodeSelector: { 'kubernetes.io/arch': 'arm64' } });
    world.bare.clear();
    world.nodes.push(nodeOf('other', { labels: { 'kubernetes.io/arch': 'amd64' } }));
    put(world, 'other');
    put(world, 'edge-1', { metadata: { deletionTimestamp: '2026-03-01T12:00:00Z' } });
    put(world, 'edge-2', { labels: { 'outrigger.dev/model': 'another' } });
    put(world, 'edge-3', { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } });
    const ended = daemonPod('edge-4');
    world.bare.set('ended', { ...ended, status: { phase: 'Failed' } } as typeof ended);
    put(world, 'edge-5');
    world.until('the revision of the spec', () => world.revisions.size === 2);
    expect(world.done.filter(({ kind }) => kind === 'AdoptPod')).toMatchObject([{ name: 'defect-edge-5' }]);
    expect(world.bare.size).toBe(5);
  });

  it('may be what a model of ours left behind on its nodes, once its label is gone', () => {
    const node = { apiVersion: 'v1', kind: 'Node', name: 'edge-1', uid: 'uid-edge-1', controller: true };
    const world = left({}, () => ({
      labels: { 'outrigger.dev/revision': 'abc', 'outrigger.dev/role': 'serve' },
      metadata: { ownerReferences: [node] },
    }));
    world.tick(1);
    expect(world.podViews()).toHaveLength(6);
    expect(world.podViews()[0]?.revision).toBe(revisions(world)[0]?.hash);
    expect(revisions(world)[0]?.content.template.metadata?.labels).toEqual({ app: 'defect' });
  });

  it('run on only some nodes: revision 0 goes to those that its own node selector takes, and no other waits for it', () => {
    const world = new TinyWorld(
      [...fleetOf(3, { labels: { gpu: 'yes' } }), nodeOf('plain')],
      modelOf(ADOPT),
      rolloutOf({ paused: true }),
    );
    for (const node of ['edge-1', 'edge-2']) put(world, node, { spec: { nodeSelector: { gpu: 'yes' } } });
    world.until('the revision of the spec', () => world.revisions.size === 2);
    world.tick(3);
    expect(
      world
        .podViews()
        .map(({ node }) => node)
        .toSorted(),
    ).toEqual(['edge-1', 'edge-2', 'edge-3']);
  });
});

describe('adopt: what is off', () => {
  it('a pod that still has its DaemonSet: it is named with the command, and asked for again until it is released', () => {
    const world = left({}, (node) => ({
      metadata: { resourceVersion: '8', ...(node === 'edge-2' ? { ownerReferences: [OWNER] } : {}) },
    }));
    world.tick(4);
    expect(why(world)).toMatchObject({
      reason: 'AdoptOwned',
      message: expect.stringContaining('kubectl delete daemonset defect --namespace vision --cascade=orphan'),
    });
    expect(why(world)?.message).toContain('1 of 6 pods');
    nothingMoved(world);
    expect(world.decide().requeueAt).toBeGreaterThan(world.now);
    put(world, 'edge-2');
    world.until('revision 0', () => world.revisions.size > 0, 13);
    expect(told(world)).toEqual(expect.arrayContaining(['AdoptOwned', 'Adopted']));
  });

  it('is asked for once a minute at most', () => {
    const world = left({}, () => ({ metadata: { ownerReferences: [OWNER] } }));
    world.tick(60);
    expect(world.adoptable?.tries).toBeLessThan(12);
  });

  it('two pods on a node', () => {
    const world = left();
    const twin = daemonPod('edge-2');
    world.bare.set('twin', { ...twin, metadata: { ...twin.metadata, name: 'twin', uid: 'uid-twin' } });
    world.tick(3);
    expect(why(world)).toMatchObject({
      reason: 'AdoptAmbiguous',
      message: expect.stringContaining('on edge-2 defect-edge-2, twin'),
    });
    nothingMoved(world);
  });

  it('pods of two images: both are named, with their nodes, the field, and the command that mends it', () => {
    const world = left(
      {},
      (node) => (node === 'edge-2' ? { image: 'registry.example/onnx-server:0.9.0' } : {}),
      rolloutOf({ paused: true }),
    );
    world.tick(3);
    expect(why(world)?.reason).toBe('AdoptMixed');
    for (const part of [
      'spec.containers[0].image',
      'onnx-server:1.0.0 on 5 (edge-1, edge-3, edge-4 and 2 more)',
      'onnx-server:0.9.0 on 1 (edge-2)',
      'kubectl delete pods --namespace vision defect-edge-2',
    ])
      expect(why(world)?.message).toContain(part);
    nothingMoved(world);
    world.bare.delete('defect-edge-2');
    world.until('revision 0', () => world.revisions.size > 0, 13);
    world.until('a pod like the others', () => served(world).length === 6, 5);
    expect(new Set(served(world).map(({ variant }) => variant))).toEqual(new Set(['adopted']));
  });

  it('nothing there: the spec is a first revision, people are told, and later pods are left alone', () => {
    const world = left();
    world.bare.clear();
    world.promoteFirst();
    expect(told(world)).toContain('NothingToAdopt');
    expect(revisions(world)).toMatchObject([{ first: true, ordinal: 1 }]);
    put(world, 'edge-1');
    world.release('3.0.0');
    world.untilPhase('Promoted');
    expect(world.bare.size).toBe(1);
  });
});

describe('adopt: cut off after any write', () => {
  it('goes on where it was, adopts each pod once and makes no other', () => {
    const whole = paused();
    whole.until('the revision of the spec', () => whole.revisions.size === 2);
    const writes = whole.done.length;
    expect(writes).toBeGreaterThan(8);
    for (let number = 1; number <= writes; number += 1) {
      const world = paused();
      let count = 0;
      world.before = () => {
        count += 1;
        if (count === number) throw new Error('killed');
      };
      for (let passes = 0; passes < 5; passes += 1) {
        try {
          world.tick();
        } catch (error) {
          if ((error as Error).message !== 'killed') throw error;
          // A new process remembers nothing.
          world.adoptable = undefined;
          world.acceptance.clear();
        }
      }
      const adopted = world.done.flatMap((action) => (action.kind === 'AdoptPod' ? [action.name] : []));
      expect({ number, adopted: adopted.toSorted() }).toEqual({
        number,
        adopted: world.nodes.map(({ name }) => `defect-${name}`),
      });
      expect(revisions(world).map((each) => each?.ordinal)).toEqual([0, 1]);
      expect(kinds(world)).not.toContain('CreatePod');
      expect(kinds(world)).not.toContain('DeletePod');
    }
  });

  it('where a pod that was not taken yet has changed meanwhile, it holds and makes no pod beside it', () => {
    const world = left();
    let adopted = 0;
    world.before = (action) => {
      if (action.kind === 'AdoptPod' && ++adopted === 3) throw new Error('killed');
    };
    expect(() => world.tick()).toThrow('killed');
    const [name] = [...world.bare.keys()];
    const node = name?.replace('defect-', '') ?? '';
    put(world, node, { image: 'registry.example/onnx-server:0.9.0' });
    world.before = () => undefined;
    world.tick(5);
    expect(why(world)).toMatchObject({ reason: 'AdoptMixed' });
    expect(kinds(world)).not.toContain('CreatePod');
    expect(world.podViews()).toHaveLength(2);
  });
});
