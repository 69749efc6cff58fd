import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { play } from './demo/play.ts';
import { MAIN_JOB, scenario, SCENARIO_NAMES } from './demo/scenario.ts';
import { momentLine } from './demo/timeline.ts';
import type { Io } from './io.ts';
import { UsageError } from './io.ts';

const USAGE = `outrigger demo [--scenario NAME] [--json]

  Shows the operator at work on a fleet in this process: no cluster is needed. Without a scenario it shows the main
  job: a good version is promoted through its waves, a bad one is rolled back.

  --scenario NAME  one of ${SCENARIO_NAMES.join(', ')}
  --json           one JSON document {scenario, model, rollout, events, timeline}, as fast as it goes
  --speed N        seconds of the simulated fleet to one of yours; default 15, 0: as fast as it goes
  --nodes N        size of the fleet, in three hardware classes; default 30
  --seed N         everything random follows from it; default 1
`;

/** Plays a scenario; the exit code. */
export async function demo(argv: readonly string[], io: Pick<Io, 'out' | 'signal'>): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      scenario: { type: 'string' },
      json: { type: 'boolean', default: false },
      speed: { type: 'string', default: '15' },
      nodes: { type: 'string', default: '30' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    io.out(USAGE);
    return 0;
  }
  const chosen = scenarioOf(values.scenario);
  const speed = values.json ? 0 : wholeNumber('--speed', values.speed, 0, 10_000);
  const nodes = wholeNumber('--nodes', values.nodes, 3, 1_000);
  if (!values.json) {
    io.out(
      `A fleet of ${nodes} simulated edge nodes in three hardware classes, and the operator's own code.`,
    );
    io.out('Bars: █ runs the version, ▒ serves another one, · serves nothing at the moment, ○ is away.');
  }
  const played = await play(chosen, {
    seed: wholeNumber('--seed', values.seed, 0, Number.MAX_SAFE_INTEGER),
    nodes,
    signal: io.signal,
    tell: (moment) => {
      if (!values.json) io.out(momentLine(moment));
    },
    pace: async () => {
      if (speed > 0) await setTimeout(1_000 / speed, undefined, { signal: io.signal });
    },
  });
  if (values.json) {
    io.out(JSON.stringify(played));
    return 0;
  }
  const { model, rollout } = played;
  io.out('');
  io.out(
    `In the end: stable is ${model.status?.version ?? 'nothing'}, the spec says ${model.spec.version}; the model is ${model.status?.phase ?? ''}, the rollout ${rollout.status?.phase ?? ''}.`,
  );
  for (const { version, reason, message } of rollout.status?.rejected ?? [])
    io.out(`Rejected: ${version ?? ''}, ${reason}: ${message}`);
  io.out(`Other stories: --scenario ${SCENARIO_NAMES.join('|')}`);
  return 0;
}

function scenarioOf(name: string | undefined): ReturnType<typeof scenario> {
  if (name === undefined) return MAIN_JOB;
  const known = SCENARIO_NAMES.find((each) => each === name);
  if (known === undefined)
    throw new UsageError(
      `--scenario: there is no scenario "${name}"; there are ${SCENARIO_NAMES.join(', ')}`,
    );
  return scenario(known);
}

function wholeNumber(flag: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= low && value <= high) return value;
  throw new UsageError(`${flag} is a whole number from ${low} to ${high}, not "${text}"`);
}
