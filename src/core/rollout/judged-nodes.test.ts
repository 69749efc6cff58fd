import { describe, expect, it } from 'vitest';
import { memoryOf, stepOf } from '../fixtures/memory.ts';
import type { NodeState } from '../node/node-state.ts';
import { awayNodes, judgedNodes } from './judged-nodes.ts';
import { MAX_JUDGED } from './next-wave.ts';

const container = { name: 'model', init: false, restarts: 0, startedAt: 1 };
const stateOf = (phase: NodeState['phase'], pod?: string, started = true): NodeState =>
  ({
    phase,
    targetPod: pod && { name: pod, containers: started ? [container] : [] },
    serving: undefined,
  }) as unknown as NodeState;

const step = stepOf(0, ['a', 'b', 'c'], {
  cohorts: {
    cpu: {
      nodes: ['a', 'b', 'c'],
      controls: ['d', 'e'],
      drawn: true,
      eligible: 5,
      formerPods: { b: 'old-b' },
    },
  },
});

describe('who is judged', () => {
  it('is not who was away before the candidate ran there, nor a control that was away', () => {
    const states = new Map([
      ['a', stateOf('Offline', 'new-a', false)],
      ['b', stateOf('Offline', 'new-b')],
      ['c', stateOf('Failed', 'new-c')],
      ['d', stateOf('Offline', 'd')],
      ['e', stateOf('Serving', 'e')],
    ]);
    const away = awayNodes(step, ['cpu'], states);
    expect(away).toEqual(['a', 'd']);
    const judged = judgedNodes(
      memoryOf(),
      step,
      { cohorts: ['cpu'], away },
      states,
      (node) => `stable-${node}`,
    );
    expect(judged).toEqual([
      { node: 'b', cohort: 'cpu', candidate: true, key: 'new-b', historyKey: 'old-b' },
      { node: 'c', cohort: 'cpu', candidate: true, key: 'new-c', historyKey: 'stable-c' },
      { node: 'e', cohort: 'cpu', candidate: false, key: 'e', historyKey: 'stable-e' },
    ]);
  });

  it('goes by the node where samples do', () => {
    const memory = memoryOf();
    const byNode = { ...memory, analysis: { ...memory.analysis, groupBy: 'node' as const } };
    const [first] = judgedNodes(byNode, step, { cohorts: ['cpu'] }, new Map(), () => undefined);
    expect(first).toMatchObject({ key: 'a', historyKey: 'a' });
  });

  it('is at most so many of each arm, the first of the draw', () => {
    const many = Array.from({ length: 400 }, (_, index) => `n${index}`);
    const large = stepOf(0, many);
    const judged = judgedNodes(memoryOf(), large, { cohorts: ['cpu'] }, new Map(), () => undefined);
    expect(judged.map(({ node }) => node)).toEqual(many.slice(0, MAX_JUDGED));
  });
});
