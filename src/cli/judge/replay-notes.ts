import type { JudgedNode } from '../../core/rollout/judged-nodes.ts';
import type { Track } from '../../judge/trial/trial.ts';
import type { RecordedWave } from './recorded-wave.ts';

/** What the operator said at the look that ended the wave, and what its record lacks. */
export function recordedVerdicts({ record, window, memory }: RecordedWave): readonly string[] {
  const { resolutionMs } = memory.analysis;
  return [
    ...(record.verdicts ?? []).map(({ metric, cohort, verdict, reason, window: seen }) => {
      const minute = Math.round(((seen?.to ?? window.to) - window.from) / resolutionMs);
      return `the operator said at minute ${minute}: ${verdict}(${reason}) for ${metric} in cohort ${cohort}`;
    }),
    ...(resolutionMs === MINUTE_MS
      ? []
      : [`a minute below is a step of analysis.resolution, ${resolutionMs / 1000} s`]),
    ...(record.lost === undefined
      ? []
      : [`the record of this wave cannot be relied on: ${record.lost}; the exact test is off, as it was`]),
  ];
}

const MINUTE_MS = 60_000;

/** Where samples are missing altogether, and what may be the reason. */
export function sampleNotes(
  nodes: readonly JudgedNode[],
  tracks: readonly Track[],
  metrics: readonly string[],
): readonly string[] {
  const nameless = nodes.filter(({ node, key }) => key === `none-on-${node}`).length;
  const some = tracks.some(({ minutes }) => minutes.some((minute) => minute >= 0));
  return [
    ...(nameless === 0
      ? []
      : [
          `${nameless} of ${nodes.length} judged nodes are gone from the cluster, or their stable revision is: the names of their pods are not known, and they count as without samples`,
        ]),
    ...(some || nodes.length === 0
      ? []
      : [
          `Prometheus has no sample of ${metrics.join(', ')} of any judged node in the window: has it kept samples for so long (--storage.tsdb.retention.time), is it the one of the operator, and are spec.prometheus.matchLabels what they were?`,
        ]),
  ];
}
