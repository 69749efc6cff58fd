import type { MetricsRequest } from '../../src/controller/ports/metrics-source.ts';
import type { Evidence } from '../../src/judge/evidence.ts';
import type { Window } from '../../src/judge/window.ts';
import { COHORTS, MEMBERS } from './judged-pods.ts';
import { trialVerdicts } from './trial-verdicts.ts';

/** Requests a second of each pod. */
const RATE = 20;

const CANDIDATES = new Set(COHORTS.flatMap(({ candidates }) => candidates.map(({ key }) => key)));

/** Every second pod: those of a site that goes dark. Both arms of both cohorts have some there. */
export const DARK = MEMBERS.filter((_, index) => index % 2 === 0);
export const CONNECTED = MEMBERS.filter((_, index) => index % 2 === 1);

/**
 * The counters of some pods at some moments (ms), in the text format with timestamps: a fifth of failures on
 * candidates. A function of time alone, so that the same moment has the same samples however they travel.
 */
export function samples(pods: typeof MEMBERS, moments: readonly number[], start: number): string {
  const lines = moments.flatMap((at) => {
    const count = Math.floor(((at - start) / 1000) * RATE);
    return pods.flatMap(({ key, node }) => {
      const failed = CANDIDATES.has(key) ? Math.floor(count / 5) : 0;
      const labels = `pod="${key}",node="${node}"`;
      return [
        `model_requests_total{${labels},code="200"} ${count - failed} ${at}`,
        `model_requests_total{${labels},code="500"} ${failed} ${at}`,
      ];
    });
  });
  return ['# TYPE model_requests_total counter', ...lines, ''].join('\n');
}

export function questionOf(address: string, window: Window): MetricsRequest {
  return {
    connection: { address, headers: {}, matchLabels: {}, timeout: 10_000 },
    query: { kind: 'ratio', bad: 'model_requests_total{code=~"5.."}', total: 'model_requests_total' },
    window,
    groupBy: 'pod',
    keys: MEMBERS.map(({ key }) => key),
    nodes: MEMBERS.map(({ node }) => node),
  };
}

/** Verdict and reason for each cohort. */
export function verdictsOf(evidence: Evidence, window: Window): readonly string[] {
  return trialVerdicts(evidence, COHORTS, window);
}
