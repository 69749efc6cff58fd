import { describe, expect, it } from 'vitest';
import type { Node } from '../fleet/node.ts';
import { edgeNode } from '../fleet/node-spec.ts';
import type { Pod, PodSpec } from '../fleet/pod.ts';
import { placement } from './placement.ts';

function node(index: number, spec: Node['spec'] = {}): Node {
  const { name, labels, capacity } = edgeNode('orin', index, index);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec,
    status: { allocatable: capacity },
  };
}

function pod(spec: Partial<PodSpec> = {}): Pod {
  const containers = [{ name: 'model', resources: { requests: { 'nvidia.com/gpu': '1', memory: '4Gi' } } }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one' }, spec: { containers, ...spec } };
}

function affinity(...nodeSelectorTerms: object[]): Pick<PodSpec, 'affinity'> {
  return {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  };
}

const pin = (name: string): object => ({
  matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }],
});
const expression = (key: string, operator: string, ...values: string[]): object => ({
  matchExpressions: [{ key, operator, ...(values.length > 0 && { values }) }],
});

describe('placement', () => {
  const nodes = [node(1), node(2)];

  it.each<[string, Partial<PodSpec>, string | undefined]>([
    ['anything: the first by name', {}, 'edge-orin-01'],
    ['pinned', affinity(pin('edge-orin-02')), 'edge-orin-02'],
    ['pinned to what is not there', affinity(pin('edge-orin-09')), undefined],
    ['a selector', { nodeSelector: { 'kubernetes.io/hostname': 'edge-orin-02' } }, 'edge-orin-02'],
    ['In', affinity(expression('nvidia.com/gpu.product', 'In', 'Orin', 'Thor')), 'edge-orin-01'],
    ['NotIn', affinity(expression('kubernetes.io/hostname', 'NotIn', 'edge-orin-01')), 'edge-orin-02'],
    ['NotIn of a label that is not there', affinity(expression('gone', 'NotIn', 'x')), 'edge-orin-01'],
    ['Exists', affinity(expression('gone', 'Exists')), undefined],
    ['DoesNotExist', affinity(expression('gone', 'DoesNotExist')), 'edge-orin-01'],
    ['Gt of what is no number', affinity(expression('site', 'Gt', '1')), undefined],
    ['either of two terms', affinity(expression('gone', 'Exists'), pin('edge-orin-02')), 'edge-orin-02'],
    ['a term without anything', affinity({}), undefined],
  ])('%s', (_what, spec, expected) => {
    const placed = placement(pod(spec), nodes, new Map());
    expect(placed.kind === 'node' ? placed.node : undefined).toBe(expected);
  });

  it('spreads over what is free, and counts what init containers need', () => {
    const first = pod();
    const used = new Map([['edge-orin-01', [first]]]);
    expect(placement(pod(), nodes, used)).toEqual({ kind: 'node', node: 'edge-orin-02' });
    const large = pod({ initContainers: [{ name: 'fetch', resources: { requests: { memory: '17Gi' } } }] });
    expect(placement(large, nodes, new Map())).toMatchObject({
      message: expect.stringContaining('0/2 nodes are available: 2 Insufficient memory.'),
    });
  });

  it('sums up all reasons', () => {
    const taints = [{ key: 'only', value: 'others', effect: 'NoSchedule' as const }];
    const fleet = [node(1, { unschedulable: true }), node(2, { taints }), node(3), node(4)];
    const placed = placement(
      pod(),
      fleet,
      new Map([
        ['edge-orin-03', [pod()]],
        ['edge-orin-04', [pod()]],
      ]),
    );
    expect(placed).toEqual({
      kind: 'nowhere',
      message:
        '0/4 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient nvidia.com/gpu. ' +
        'preemption: 0/4 nodes are available: 2 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.',
    });
  });

  it.each<[object, boolean]>([
    [{ operator: 'Exists' }, true],
    [{ key: 'only', operator: 'Exists' }, true],
    [{ key: 'only', value: 'others' }, true],
    [{ key: 'only', value: 'others', effect: 'NoExecute' }, false],
    [{ key: 'only', value: 'mine' }, false],
    [{ key: 'other', operator: 'Exists' }, false],
  ])('takes %o for a toleration of the taint: %s', (toleration, tolerated) => {
    const tainted = node(1, { taints: [{ key: 'only', value: 'others', effect: 'NoSchedule' }] });
    expect(placement(pod({ tolerations: [toleration] }), [tainted], new Map()).kind === 'node').toBe(
      tolerated,
    );
  });
});
