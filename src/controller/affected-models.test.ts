import { describe, expect, it } from 'vitest';
import { LABEL } from '../api/names.ts';
import type { KubeObject } from '../api/object-meta.ts';
import { nodeView } from '../core/views/node-view.ts';
import { podView } from '../core/views/pod-view.ts';
import { affectedModels } from './affected-models.ts';
import { podOf, storedModel } from './fakes.ts';
import type { ClusterChange } from './ports/cluster-view.ts';

const MODELS = [
  storedModel('everywhere'),
  storedModel('factories', { nodeSelector: { 'site-type': 'factory' } }),
  storedModel('shops', { nodeSelector: { 'site-type': 'shop' } }),
  storedModel('unreadable', { nodeSelector: 'factory' }),
];

const affected = (change: ClusterChange): readonly string[] => affectedModels(change, () => MODELS);

function node(fields: { labels?: Record<string, string>; ready?: string; beat?: string }) {
  const { labels = { 'site-type': 'factory' }, ready = 'True', beat = '2026-01-01T00:00:00Z' } = fields;
  const condition = {
    type: 'Ready',
    status: ready,
    lastTransitionTime: '2026-01-01T00:00:00Z',
    lastHeartbeatTime: beat,
  };
  const metadata = { name: 'edge-1', uid: 'n', labels };
  return nodeView({
    apiVersion: 'v1',
    kind: 'Node',
    metadata,
    status: { conditions: [condition] },
  } as KubeObject);
}

function rollout(model: unknown): KubeObject {
  const metadata = { name: 'r', namespace: 'vision' };
  return {
    apiVersion: 'outrigger.dev/v1alpha1',
    kind: 'EdgeRollout',
    metadata,
    spec: { modelRef: model },
  } as KubeObject;
}

describe('a change wakes', () => {
  it('the model that it is about', () => {
    const model = storedModel('a');
    expect(affected({ kind: 'EdgeModel', old: undefined, new: model })).toEqual(['vision/a']);
    expect(affected({ kind: 'EdgeModel', old: model, new: undefined })).toEqual(['vision/a']);
  });

  it('the model that a rollout names, and the one that it named before', () => {
    const change = { kind: 'EdgeRollout', old: rollout({ name: 'a' }), new: rollout({ name: 'b' }) } as const;
    expect(affected(change)).toEqual(['vision/a', 'vision/b']);
    expect(affected({ ...change, new: change.old })).toEqual(['vision/a']);
  });

  it.each([[undefined], [null], [{}], [{ name: 7 }]])(
    'nothing for a rollout whose modelRef is %j',
    (modelRef) => {
      expect(affected({ kind: 'EdgeRollout', old: undefined, new: rollout(modelRef) })).toEqual([]);
    },
  );

  it('the model of a pod and of a part, by its label', () => {
    const pod = podView(podOf('a'));
    expect(affected({ kind: 'Pod', old: undefined, new: pod })).toEqual(['vision/defects']);
    expect(affected({ kind: 'Pod', old: pod, new: { ...pod, ready: true } })).toEqual(['vision/defects']);
    const metadata = { name: 'c', namespace: 'vision', labels: { [LABEL.model]: 'defects' } };
    expect(affected({ kind: 'Part', old: metadata, new: undefined })).toEqual(['vision/defects']);
    expect(affected({ kind: 'Part', old: { name: 'c', namespace: 'vision' }, new: undefined })).toEqual([]);
  });

  it('nothing where a pod changed in what nobody reads', () => {
    expect(affected({ kind: 'Pod', old: podView(podOf('a')), new: podView(podOf('a')) })).toEqual([]);
  });
});

describe('a node wakes', () => {
  it('nothing with its heartbeats', () => {
    expect(affected({ kind: 'Node', old: node({}), new: node({ beat: '2026-01-01T00:05:00Z' }) })).toEqual(
      [],
    );
  });

  it('the models that select it when it goes dark, and those whose selector cannot be read', () => {
    expect(affected({ kind: 'Node', old: node({}), new: node({ ready: 'Unknown' }) })).toEqual([
      'vision/everywhere',
      'vision/factories',
      'vision/unreadable',
    ]);
  });

  it('the models that it left and those that it came to', () => {
    const moved = affected({ kind: 'Node', old: node({}), new: node({ labels: { 'site-type': 'shop' } }) });
    expect(moved).toEqual(['vision/everywhere', 'vision/factories', 'vision/shops', 'vision/unreadable']);
  });

  it('the models that select it when it comes and goes', () => {
    expect(affected({ kind: 'Node', old: undefined, new: node({}) })).toContain('vision/factories');
    expect(affected({ kind: 'Node', old: node({}), new: undefined })).not.toContain('vision/shops');
  });
});
