import type { Baselines, TrialMemory } from '../../judge/trial/session.ts';
import type { CohortVerdict } from './memory.ts';
import { base64Length, unpackNumbers } from './packed-numbers.ts';
import type { Packed } from './packed-numbers.ts';

/**
 * What the sequential judge remembers of a wave: what it froze at its first look, and what it has found so far. Both are
 * only ever added to.
 */
export interface TrialRecord {
  /** The cohorts that are judged together. */
  readonly cohorts: readonly string[];
  /** Nodes of the rosters that were away when the window was opened: they are in neither arm. */
  readonly away?: readonly string[];
  /** Judged nodes of both arms when the baselines were frozen. */
  readonly judged?: number;
  readonly baselines?: Packed;
  /** Why the baselines of a wave that is over are not kept. */
  readonly leftOut?: 'Size';
  readonly memory?: TrialMemory;
  /** Of the look that ended the wave. */
  readonly verdicts?: readonly CohortVerdict[];
  /** Why the record is not what was once written: from then on the exact test is off and nothing passes by it. */
  readonly lost?: string;
}

/** The frozen baselines as the judge takes them; undefined where there are none yet. Throws where they were cut short. */
export function baselinesOf({ baselines }: TrialRecord): Baselines | undefined {
  return baselines === undefined ? undefined : (unpackNumbers(baselines) as Baselines);
}

/** What is wrong with a record that is not as long as what it speaks of; undefined where it is whole. */
export function damageOf(record: TrialRecord, judged: number): string | undefined {
  const known = found.get(record);
  if (known?.judged === judged) return known.damage;
  const damage = findDamage(record, judged);
  found.set(record, { judged, damage });
  return damage;
}

/** A record that was read is never changed, and each pass over the model asks. */
const found = new WeakMap<TrialRecord, { readonly judged: number; readonly damage: string | undefined }>();

function findDamage(record: TrialRecord, judged: number): string | undefined {
  const { rows, crossed } = record.memory ?? {};
  if (crossed !== undefined && base64Length(crossed) !== Math.ceil((rows ?? 0) / 8))
    return `its crossings are not those of ${rows ?? 0} assignments`;
  if (record.baselines === undefined) return undefined;
  if (record.judged !== judged)
    return `its baselines are of ${record.judged ?? 'an unknown number of'} nodes, and ${judged} are judged`;
  try {
    for (const [metric, baseline] of Object.entries(unpackNumbers(record.baselines) as Baselines)) {
      const units = [judged, record.cohorts.length, ...('bins' in baseline ? [baseline.bins] : [])];
      const odd = lengthsIn(baseline).find((length) => units.every((unit) => length % unit !== 0));
      if (odd !== undefined) return `its baselines of ${metric} have ${odd} numbers for ${judged} nodes`;
    }
    return undefined;
  } catch (error) {
    return `its baselines were cut short: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** How long the arrays of numbers in a value are. */
function lengthsIn(value: unknown): readonly number[] {
  if (Array.isArray(value) && value.every((each) => typeof each === 'number')) return [value.length];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(lengthsIn);
}
