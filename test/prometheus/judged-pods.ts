import type { CohortArms } from '../../src/judge/cohort-arms.ts';

/** Requests a second of each pod. */
const RATE = 20;

/** 24 pods of two cohorts, three candidates each, whose counters are a function of time alone. */
export const COHORTS: readonly CohortArms[] = ['orin', 'cpu'].map((name) => {
  const members = Array.from({ length: 12 }, (_, i) => ({
    node: `node-${name}-${i}`,
    key: `pod-${name}-${i}`,
  }));
  return { name, candidates: members.slice(0, 3), controls: members.slice(3), drawn: true };
});

export const MEMBERS = COHORTS.flatMap(({ candidates, controls }) => [...candidates, ...controls]);

const CANDIDATES = new Set(COHORTS.flatMap(({ candidates }) => candidates.map(({ key }) => key)));

/**
 * The page of all pods after `elapsed` ms: `good_total` is alike for all, `bad_total` has a fifth of failures
 * on candidates, and neither has a series of failures on control nodes, as a counter that was never raised.
 */
export const page = (elapsed: number): string => {
  const lines: string[] = [];
  const count = Math.floor((elapsed / 1000) * RATE);
  for (const { node, key } of MEMBERS) {
    const labels = `pod="${key}",node="${node}"`;
    const failed = CANDIDATES.has(key) ? Math.floor(count / 5) : 0;
    lines.push(
      `good_total{${labels},code="200"} ${count}`,
      `bad_total{${labels},code="200"} ${count - failed}`,
    );
    if (failed > 0) lines.push(`bad_total{${labels},code="500"} ${failed}`);
    lines.push(
      `heat{node="${node}",sensor="a"} 50`,
      `heat{node="${node}",sensor="b"} ${failed > 0 ? 'NaN' : 60}`,
    );
  }
  return `${lines.join('\n')}\n`;
};
