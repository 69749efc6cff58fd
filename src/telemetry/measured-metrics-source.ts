import type { Clock } from '../controller/clock.ts';
import type { MetricsSource } from '../controller/ports/metrics-source.ts';
import type { Evidence, UnavailableReason } from '../judge/evidence.ts';

export interface QueryRecord {
  /** Samples came, or an answer without any, or why there was none. */
  readonly outcome: 'Samples' | 'NoSamples' | UnavailableReason;
  readonly durationMs: number;
}

/** The source, with each metric that is asked for told of. */
export function measured(
  source: MetricsSource,
  clock: Pick<Clock, 'now'>,
  onQuery: (record: QueryRecord) => void,
): MetricsSource {
  return {
    async fetch(request) {
      const startedAt = clock.now();
      const evidence = await source.fetch(request);
      onQuery({ outcome: outcomeOf(evidence), durationMs: clock.now() - startedAt });
      return evidence;
    },
    describe: (request) => source.describe(request),
  };
}

function outcomeOf(evidence: Evidence): QueryRecord['outcome'] {
  if (evidence.kind === 'unavailable') return evidence.reason;
  return evidence.samples.length > 0 ? 'Samples' : 'NoSamples';
}
