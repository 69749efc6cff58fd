import { describe, expect, it } from 'vitest';
import { demo } from './demo.ts';
import type { Played } from './demo/play.ts';
import { SCENARIO_NAMES } from './demo/scenario.ts';

async function run(...argv: string[]): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const code = await demo(argv, {
    out: (line) => void lines.push(line),
    signal: new AbortController().signal,
  });
  return { code, lines };
}

interface End {
  readonly stable: string | undefined;
  readonly model: string;
  readonly rollout: string;
  readonly reason: string;
  /** Nodes that serve the version of the spec. */
  readonly updated: string;
}

const ENDS: Readonly<Record<(typeof SCENARIO_NAMES)[number], End>> = {
  healthy: { stable: '2.4.1', model: 'Ready', rollout: 'Promoted', reason: 'Promoted', updated: '30/30' },
  'bad-canary': {
    stable: '2.4.0',
    model: 'Rejected',
    rollout: 'RolledBack',
    reason: 'HarmBeyondMargin',
    updated: '0/30',
  },
  'one-class-bad': {
    stable: '2.4.0',
    model: 'Rejected',
    rollout: 'RolledBack',
    reason: 'HarmBeyondMargin',
    updated: '0/30',
  },
  'no-data': {
    stable: '2.4.0',
    model: 'NoCandidateData',
    rollout: 'Holding',
    reason: 'NoCandidateData',
    updated: '9/30',
  },
  'crash-loop': {
    stable: '2.4.0',
    model: 'Rejected',
    rollout: 'RolledBack',
    reason: 'Crashing',
    updated: '0/30',
  },
  'no-fit': {
    stable: undefined,
    model: 'NoVariantFits',
    rollout: 'Holding',
    reason: 'NoVariantFits',
    updated: '0/30',
  },
  offline: { stable: '2.4.1', model: 'Ready', rollout: 'Promoted', reason: 'Promoted', updated: '30/30' },
  'site-dark': { stable: '2.4.1', model: 'Ready', rollout: 'Promoted', reason: 'Promoted', updated: '30/30' },
};

describe('a scenario of the demo', () => {
  it.each(SCENARIO_NAMES)('%s ends as it says, in one JSON document', async (name) => {
    const { code, lines } = await run('--scenario', name, '--json');
    expect(code).toBe(0);
    expect(lines).toHaveLength(1);
    const { scenario, model, rollout, events, timeline } = JSON.parse(lines[0] ?? '') as Played;
    const ready = model.status?.conditions?.find(({ type }) => type === 'Ready');
    expect({
      scenario,
      stable: model.status?.version,
      model: model.status?.phase,
      rollout: rollout.status?.phase,
      reason: ready?.reason,
    }).toEqual({
      scenario: name,
      stable: ENDS[name].stable,
      model: ENDS[name].model,
      rollout: ENDS[name].rollout,
      reason: ENDS[name].reason,
    });
    expect(events.length).toBeGreaterThan(0);
    expect(timeline.map(({ seconds }) => seconds)).toEqual(
      timeline.map(({ seconds }) => seconds).toSorted((a, b) => a - b),
    );
    expect(rollout.status?.updated).toBe(ENDS[name].updated);
  });

  it('is the same run for the same seed', async () => {
    const [one, two] = [
      await run('--scenario', 'bad-canary', '--json'),
      await run('--scenario', 'bad-canary', '--json'),
    ];
    expect(one.lines).toEqual(two.lines);
  });

  it('tells a node that is dark before its update from one that is dark after it', async () => {
    const { lines } = await run('--scenario', 'offline', '--speed', '0');
    const text = lines.join('\n');
    expect(text).toMatch(/9 nodes lose their network before the update/);
    expect(text).toMatch(
      /11 away; 10 dark before the update: .*; 1 dark after the update \(edge-[a-z0-9-]+\)/,
    );
    expect(text).toMatch(/10 away; 10 owed 2\.4\.1, lagging/);
    expect(text).toMatch(/none away/);
    expect(text).toMatch(/cpu-int8 ███████○○○ 7\/10/);
  });

  it('tells what a dark site takes along', async () => {
    const { lines } = await run('--scenario', 'site-dark', '--speed', '0');
    const text = lines.join('\n');
    expect(text).toMatch(/6 nodes, some with the update and some without it/);
    expect(text).toMatch(/6 away; [1-5] dark before the update: .*; [1-5] dark after the update/);
    expect(text).toMatch(/SiteDark: .* went dark .* control nodes: the candidate is not to blame/);
    expect(text).toMatch(/the site is back, all 6 nodes/);
    expect(text).not.toMatch(/rejected/);
  });

  it('tells the main job for people where none is named', async () => {
    const { code, lines } = await run('--speed', '0');
    const text = lines.join('\n');
    expect(code).toBe(0);
    expect(text).toMatch(/WaveStarted: wave canary of 2\.4\.1 adds 9 nodes/);
    expect(text).toMatch(/2\.4\.1 .* is promoted in every cohort/);
    expect(text).toMatch(/2\.5\.0 .* is rejected: metric errors/);
    expect(text).toMatch(/stable is 2\.4\.1, the spec says 2\.5\.0/);
  });

  it.each([
    [['--scenario', 'sunshine'], /there is no scenario "sunshine"; there are healthy/],
    [['--nodes', '2'], /--nodes is a whole number from 3/],
    [['--seed', 'x'], /--seed is a whole number/],
  ])('refuses %j with a sentence', async (argv, sentence) => {
    await expect(run(...argv)).rejects.toThrow(sentence);
  });
});
