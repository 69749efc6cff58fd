import { describe, expect, it } from 'vitest';
import { memoryOf, stepOf } from '../fixtures/memory.ts';
import { containerOf, contentOf, CPU, nodeOf, podOf, readyPod, START } from '../fixtures/objects.ts';
import { nodeState } from '../node/node-state.ts';
import type { NodeState } from '../node/node-state.ts';
import { assessDarkness } from './darkness.ts';
import type { DarkNotes } from './memory.ts';
import { pooledDarkness } from './pooled-darkness.ts';
import { waveProgress } from './wave-progress.ts';

const BUDGET = { failureThreshold: 0.2, minFailedNodes: 2 };
const NOW = START + 3_600_000;
const ago = (seconds: number) => NOW - seconds * 1000;

type Way =
  | 'serves'
  | 'crashes'
  /** Never had the candidate: its image was on the way. */
  | 'dark before'
  | 'dark'
  | 'dark a moment'
  /** Since before the wave. */
  | 'dark of old'
  /** Was dark, ten minutes ago. */
  | 'back';

const target = (revision: string) =>
  ({
    revision,
    content: contentOf(),
    variant: CPU,
    cohort: 'cpu',
    strategy: 'Surge',
    strategyWhy: '',
    mayReplace: false,
  }) as const;

function stateOf(name: string, way: Way, revision: string): NodeState {
  const dark = { ready: 'Unknown' } as const;
  const node = nodeOf(
    name,
    way === 'dark' || way === 'dark before'
      ? { ...dark, readySince: ago(600) }
      : way === 'dark a moment'
        ? { ...dark, readySince: ago(30) }
        : way === 'dark of old'
          ? { ...dark, readySince: START - 1000 }
          : way === 'back'
            ? { readySince: ago(60) }
            : {},
  );
  const pod =
    way === 'dark before'
      ? podOf({ revision, node: name })
      : way === 'crashes'
        ? podOf({ revision, node: name, phase: 'Running', containers: [containerOf({ restarts: 3 })] })
        : readyPod({ revision, node: name });
  return nodeState(node, target(revision), [pod], { kind: 'None' });
}

const many = (count: number, way: Way): Way[] => Array.from({ length: count }, () => way);

interface Fleet {
  readonly wave: readonly Way[];
  readonly controls: readonly Way[];
  /** Nodes of another cohort that the candidate never touched. */
  readonly others?: readonly Way[];
  readonly notes?: DarkNotes;
}

const names = (states: readonly NodeState[]) => states.map(({ node }) => node.name);

function fleetOf({ wave, controls, others = [], notes }: Fleet) {
  const updated = wave.map((way, index) => stateOf(`new-${index}`, way, 'rev-b'));
  const kept = controls.map((way, index) => stateOf(`old-${index}`, way, 'rev-a'));
  const rest = others.map((way, index) => stateOf(`far-${index}`, way, 'rev-a'));
  const step = stepOf(0, [], {
    cohorts: { cpu: { nodes: names(updated), controls: names(kept), drawn: true, eligible: 10 } },
    ...(notes === undefined ? {} : { dark: notes }),
  });
  const memory = memoryOf({ walks: [{ cohorts: ['cpu'], steps: [step] }] });
  const states = new Map([...updated, ...kept, ...rest].map((state) => [state.node.name, state]));
  return { updated, darkness: assessDarkness(memory, 'cpu', states, NOW) };
}

function progress(fleet: Fleet, minReachable = 0.8): string {
  const { updated, darkness } = fleetOf(fleet);
  const each = waveProgress('cpu', updated, 'rev-b', BUDGET, { ...darkness, minReachable });
  return each.kind === 'Serving' ? 'Serving' : `${each.kind} ${each.reason.code}: ${each.reason.message}`;
}

const fine = many(7, 'serves');
const again = { 'new-0': [ago(900), ago(800), ago(700)] };

describe('a wave with dark nodes', () => {
  it.each<{ name: string; fleet: Fleet; is: RegExp; minReachable?: number }>([
    { name: 'all there', fleet: { wave: many(3, 'serves'), controls: fine }, is: /^Serving$/ },
    {
      name: 'dark before the update: left out',
      fleet: { wave: ['serves', 'dark before', 'dark before'], controls: fine },
      is: /^Serving$/,
    },
    {
      name: 'all dark before the update',
      fleet: { wave: many(3, 'dark before'), controls: fine },
      is: /^Holding NodesOffline: none of the 3 nodes/,
    },
    {
      name: 'two of three, and no control node',
      fleet: { wave: ['dark', 'dark', 'serves'], controls: fine },
      is: /^Exceeded NodesDark: 2 of 3 nodes of cohort cpu that run the candidate went dark \(new-0, new-1\), 0 of 7 control nodes$/,
    },
    {
      name: 'two of three, and three control nodes that are there: too likely an accident',
      fleet: { wave: ['dark', 'dark', 'serves'], controls: many(3, 'serves') },
      is: /^Holding NodesSuspect: 2 of 3 .* 0 of 3 control nodes: too few to blame .* 1 of 3 can be reached, less than minReachable \(80%\)$/,
    },
    {
      name: 'all three of them: not an accident',
      fleet: { wave: many(3, 'dark'), controls: many(3, 'serves') },
      is: /^Exceeded NodesDark: 3 of 3/,
    },
    {
      name: 'one canary alone is an accident, whatever the controls',
      fleet: { wave: ['dark'], controls: many(50, 'serves') },
      is: /^Holding NodesSuspect: 1 of 1 .* 0 of 50 control nodes/,
    },
    {
      name: 'one that crashes and one that went dark',
      fleet: { wave: ['crashes', 'dark', 'serves'], controls: many(27, 'serves') },
      is: /^Exceeded Crashing: 1 of 3 nodes of cohort cpu failed, .*; 1 of 3 .* went dark/,
    },
    {
      name: 'as the controls: the site',
      fleet: { wave: ['dark', 'dark', 'serves'], controls: [...many(4, 'dark'), ...many(3, 'serves')] },
      is: /^Holding SiteDark: 2 of 3 .* 4 of 7 control nodes: the candidate is not to blame; 1 of 3 can be reached/,
    },
    {
      name: 'the controls are back first',
      fleet: { wave: ['dark', 'dark', 'serves'], controls: [...many(5, 'back'), ...many(2, 'serves')] },
      is: /^Holding SiteDark: 2 of 3 .* 5 of 7 control nodes/,
    },
    {
      name: 'one of 25',
      fleet: { wave: ['dark', ...many(24, 'serves')], controls: many(25, 'serves') },
      is: /^Serving$/,
    },
    {
      name: 'eight of 25, and a tenth of 250: in excess',
      fleet: {
        wave: [...many(8, 'dark'), ...many(17, 'serves')],
        controls: [...many(25, 'dark'), ...many(225, 'serves')],
      },
      is: /^Exceeded NodesDark: 8 of 25 .* 25 of 250/,
    },
    {
      name: 'four of 25, and the same share of the controls: the others go on',
      fleet: {
        wave: [...many(4, 'dark'), ...many(21, 'serves')],
        controls: [...many(40, 'dark'), ...many(210, 'serves')],
      },
      is: /^Serving$/,
    },
    {
      name: 'a moment is waited for where it would decide',
      fleet: { wave: ['dark a moment', 'dark', 'serves'], controls: fine },
      is: /^Waiting NodesSuspect: .* a darkness shorter than 2m may be a reboot, and is waited for until 2026-03-01T13:01:30.000Z$/,
    },
    {
      name: 'a moment that would leave too few',
      fleet: { wave: ['dark a moment', 'serves'], controls: fine },
      is: /^Waiting NodesSuspect/,
    },
    {
      name: 'a moment that decides nothing',
      fleet: { wave: ['dark a moment', ...many(24, 'serves')], controls: many(25, 'serves') },
      is: /^Serving$/,
    },
    {
      name: 'a moment beside a darkness that holds anyway',
      fleet: { wave: ['dark', 'dark a moment', 'serves'], controls: many(3, 'serves') },
      is: /^Holding NodesSuspect/,
    },
    {
      name: 'those of an earlier wave were weighed there',
      fleet: { wave: ['dark of old', 'dark of old', ...many(8, 'serves')], controls: fine },
      is: /^Serving$/,
    },
    {
      name: 'no control node: charged is nothing',
      fleet: { wave: many(3, 'dark'), controls: [] },
      is: /^Holding DarkWithoutControls: 3 of 3 .* no node is left on stable to compare them with/,
    },
    {
      name: 'no control node, and few dark',
      fleet: { wave: ['dark', ...many(24, 'serves')], controls: [] },
      is: /^Serving$/,
    },
    {
      name: 'no control node of its own: those that the candidate never touched',
      fleet: { wave: many(3, 'dark'), controls: [], others: fine },
      is: /^Exceeded NodesDark: 3 of 3 .* 0 of 7 control nodes$/,
    },
    {
      name: 'minReachable of everything holds for one',
      fleet: { wave: ['dark', ...many(24, 'serves')], controls: many(25, 'serves') },
      minReachable: 1,
      is: /^Holding NodesSuspect/,
    },
    {
      name: 'minReachable of nothing holds where nobody is left',
      fleet: { wave: ['dark'], controls: many(3, 'dark') },
      minReachable: 0,
      is: /^Holding SiteDark/,
    },
    {
      name: 'back, dark again and back for a minute: not forgiven',
      fleet: { wave: ['back'], controls: fine, notes: again },
      is: /^Exceeded NodesDark: .* new-0 came back and went dark again$/,
    },
    {
      name: 'back, dark again, and then steady',
      fleet: { wave: ['serves'], controls: fine, notes: again },
      is: /^Serving$/,
    },
    {
      name: 'dark again, and so is a control node',
      fleet: {
        wave: ['back'],
        controls: fine,
        notes: { ...again, 'old-1': [ago(900), ago(800), ago(700)] },
      },
      is: /^Serving$/,
    },
    {
      name: 'dark again, one of three: too few',
      fleet: { wave: ['back', 'serves', 'serves'], controls: fine, notes: again },
      is: /^Holding NodesSuspect: .* new-0 came back/,
    },
    {
      name: 'dark again, with nobody to compare with',
      fleet: { wave: ['back'], controls: [], notes: again },
      is: /^Serving$/,
    },
  ])('$name', ({ fleet, is, minReachable }) => {
    expect(progress(fleet, minReachable)).toMatch(is);
  });

  it('looks again when the node that went dark again is steady', () => {
    const { updated, darkness } = fleetOf({
      wave: ['back', 'serves', 'serves'],
      controls: fine,
      notes: again,
    });
    expect(waveProgress('cpu', updated, 'rev-b', BUDGET, { ...darkness, minReachable: 0.8 })).toMatchObject({
      kind: 'Holding',
      until: ago(60) + 20 * 60_000,
    });
  });

  it('says since when too few can be reached: since the one too many', () => {
    const { updated, darkness } = fleetOf({ wave: ['dark', 'serves', 'serves'], controls: fine });
    expect(waveProgress('cpu', updated, 'rev-b', BUDGET, { ...darkness, minReachable: 0.8 })).toMatchObject({
      darkSince: ago(600),
    });
  });
});

const cohort = (wave: readonly Way[], controls: readonly Way[]) => fleetOf({ wave, controls }).darkness;

describe('cohorts together', () => {
  it.each([
    { name: 'one of them', cohorts: [cohort(['dark'], fine), cohort(['serves'], fine)], is: /^nothing$/ },
    {
      name: 'two lone canaries of two cohorts',
      cohorts: [cohort(['dark'], fine), cohort(['dark'], fine)],
      is: /^NodesDark: 2 of 2 nodes of cohorts c0, c1 .*, 0 of 14 control nodes$/,
    },
    {
      name: 'at a dark site',
      cohorts: [cohort(['dark'], many(7, 'dark')), cohort(['dark'], many(7, 'dark'))],
      is: /^nothing$/,
    },
    {
      name: 'without controls',
      cohorts: [cohort(['dark'], []), cohort(['dark'], [])],
      is: /^nothing$/,
    },
    {
      name: 'too small a part of a large wave',
      cohorts: [
        cohort(['dark'], fine),
        cohort(['dark'], fine),
        cohort(many(25, 'serves'), many(25, 'serves')),
      ],
      is: /^nothing$/,
    },
  ])('$name', ({ cohorts, is }) => {
    const found = pooledDarkness(new Map(cohorts.map((each, index) => [`c${index}`, each])), BUDGET);
    expect(found === undefined ? 'nothing' : `${found.code}: ${found.message}`).toMatch(is);
  });
});
