import { resolveCount } from '../../api/fraction.ts';
import type { CountOrPercent } from '../../api/fraction.ts';
import { drawOrder } from '../cohort/draw.ts';
import { waveSize } from '../cohort/wave-size.ts';
import type { Surveyed } from '../fleet/survey.ts';
import { selectorMismatch } from '../hardware/node-selector.ts';
import { currentWalk, rosterOf } from './memory.ts';
import type { CandidateMemory, WaveRoster, WaveStep } from './memory.ts';

/** At most so many nodes of an arm are judged; a larger arm changes no verdict, only the bill (judging.md, section 9). */
export const MAX_JUDGED = 256;

export interface NextWaveInput {
  readonly memory: CandidateMemory;
  /** The cohorts that walk, with their nodes. */
  readonly cohorts: ReadonlyMap<string, readonly Surveyed[]>;
  readonly from: number;
  readonly canarySelector: Readonly<Record<string, string>> | undefined;
  readonly holdback: CountOrPercent;
  readonly now: number;
}

/**
 * The next wave that adds a node anywhere, drawn and frozen; waves that would add none are passed over, for
 * they could show nothing. The last wave always comes, because it is what completes the rollout.
 */
export function nextWave(input: NextWaveInput): WaveStep | undefined {
  const { memory } = input;
  for (let index = input.from; index < memory.waves.length; index += 1) {
    const last = index === memory.waves.length - 1;
    const rosters = new Map<string, WaveRoster>();
    for (const [cohort, nodes] of input.cohorts)
      rosters.set(cohort, rosterForWave(input, index, cohort, nodes));
    if (last || [...rosters.values()].some(({ nodes }) => nodes.length > 0)) {
      return {
        index,
        startedAt: new Date(input.now).toISOString(),
        cohorts: Object.fromEntries(rosters),
        windows: [],
      };
    }
  }
  return undefined;
}

function rosterForWave(
  input: NextWaveInput,
  index: number,
  cohort: string,
  nodes: readonly Surveyed[],
): WaveRoster {
  const { memory } = input;
  const wave = memory.waves[index];
  const before = rosterOf(memory).get(cohort) ?? new Set<string>();
  // A node that is dark and never took the candidate is no part of the cohort that a share is taken of.
  const eligible = nodes.filter(
    (each) => each.setAside === undefined && (each.reachable || before.has(each.node.name)),
  );
  const last = index === memory.waves.length - 1;
  const holdback = resolveCount(input.holdback, eligible.length);
  const size = waveSize(wave?.nodes ?? '100%', eligible.length, before.size, last, holdback);
  const open = eligible.filter(({ node }) => !before.has(node.name));
  const reachable = new Set(open.filter((each) => each.reachable).map(({ node }) => node.name));

  const taken = takenBefore(memory, cohort);
  // Those that are out of reach still have it: they count, and go back on their return. One node goes first all the same.
  const away = taken.filter((name) => !reachable.has(name) && !before.has(name));
  const left = size - before.size;
  const room = Math.max(0, left - away.length, away.length > 0 ? Math.min(1, left) : 0);
  const disturbed = [...new Set([...memory.disturbed, ...taken])]
    .filter((name) => reachable.has(name))
    .slice(0, room);
  const chosen = open
    .filter(
      ({ node }) =>
        reachable.has(node.name) &&
        input.canarySelector !== undefined &&
        selectorMismatch(input.canarySelector, node.labels) === undefined,
    )
    .map(({ node }) => node.name);
  const first = [
    ...new Set([...disturbed, ...(before.size === 0 ? drawOrder(memory.seed, chosen) : [])]),
  ].slice(0, room);
  const rest = drawOrder(
    memory.seed,
    [...reachable].filter((name) => !first.includes(name)),
  );
  const drawn = rest.slice(0, room - first.length);
  // Where nothing is stable yet, a node without the candidate serves nothing to compare with.
  const comparable = new Set(open.filter(({ stable }) => stable !== undefined).map(({ node }) => node.name));
  return {
    nodes: [...first, ...drawn],
    drawn: first.length === 0 && memory.recovered !== true,
    controls: rest
      .slice(room - first.length)
      .filter((name) => comparable.has(name))
      .slice(0, MAX_JUDGED),
    eligible: eligible.length,
  };
}

/** Nodes that a cohort which was set aside had on the candidate: it begins anew, and with them. */
function takenBefore(memory: CandidateMemory, cohort: string): readonly string[] {
  const walk = currentWalk(memory);
  if (walk === undefined || walk.steps.length > 0) return [];
  return [...(rosterOf({ ...memory, walks: memory.walks.slice(0, -1) }).get(cohort) ?? [])];
}
