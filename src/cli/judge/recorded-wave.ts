import type { CandidateMemory, SoakWindow, WaveStep } from '../../core/rollout/memory.ts';
import type { TrialRecord } from '../../core/rollout/trial-record.ts';
import { UsageError } from '../io.ts';

/** One wave as it was judged. */
export interface RecordedWave {
  readonly name: string;
  /** As it was while the wave was judged, with nothing that came after. */
  readonly memory: CandidateMemory;
  readonly step: WaveStep;
  readonly record: TrialRecord;
  readonly window: SoakWindow;
  /** When the last look can have been taken, ms since the epoch; Infinity while the wave goes on. */
  readonly until: number;
}

/**
 * The newest wave of the record that is measured, or the newest of this name.
 * Errors: UsageError where there is none, with what there is.
 */
export function recordedWave(memory: CandidateMemory, wanted: string | undefined): RecordedWave {
  const { revision, attempt, waves, walks, ended } = memory;
  const candidate = `attempt ${attempt} of ${memory.version} (revision ${revision})`;
  const known = waves.map(({ name }) => name);
  if (wanted !== undefined && !known.includes(wanted))
    throw new UsageError(`${candidate} has no wave "${wanted}"; it has ${known.join(', ')}`);
  for (const [walkIndex, walk] of [...walks.entries()].toReversed()) {
    for (const [stepIndex, step] of [...walk.steps.entries()].toReversed()) {
      const name = waves[step.index]?.name ?? '';
      const record = step.trials?.at(-1);
      const [window] = step.windows;
      if ((wanted !== undefined && name !== wanted) || record === undefined || window === undefined) continue;
      const then = { ...walk, steps: walk.steps.slice(0, stepIndex + 1) };
      return {
        name,
        memory: { ...memory, walks: [...walks.slice(0, walkIndex), then] },
        step,
        record,
        window,
        until: Math.min(momentOf(step.passed?.at), momentOf(ended?.at)),
      };
    }
  }
  throw new UsageError(
    wanted === undefined
      ? `no wave of ${candidate} is measured yet: the record has neither a window nor a draw to replay. Wait until the rollout is Soaking; a rollout whose waves have no soak, or no metric of requests, is never measured`
      : `wave ${wanted} of ${candidate} is not measured: it has not begun, has no soak, or no metric that is judged look by look`,
  );
}

function momentOf(text: string | undefined): number {
  return text === undefined ? Infinity : Date.parse(text);
}
