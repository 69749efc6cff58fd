import type { CohortData } from './arm-data.ts';
import { attach } from './arm-data.ts';
import type { BoundSeries } from './bound-series.ts';
import { beyondBound, boundSeries } from './bound-series.ts';
import { candidateGap, controlGap } from './evidence-gap.ts';
import type { CohortVerdicts, QueryInquiry } from './inquiry.ts';
import { samplesByKey } from './node-series.ts';
import { amount, many, span } from './phrase.ts';
import type { QueryRule } from './rule.ts';
import { allUndecided, undecided } from './undecided.ts';
import type { Verdict } from './verdict.ts';

/**
 * A user's own expression against its bounds: Fail where more candidates than allowed break them for
 * as long as `for` says, unless the control nodes break them as well.
 */
export const judgeQuery = (inquiry: QueryInquiry): CohortVerdicts => {
  const { rule, cohorts, window, evidence } = inquiry;
  if (evidence.kind === 'unavailable') return allUndecided(inquiry, cohorts, evidence);
  const samples = samplesByKey(evidence.samples);
  return new Map(
    cohorts.map((arms) => [
      arms.name,
      verdictOf(
        attach(arms, samples, (minutes) => boundSeries(minutes, rule, window)),
        inquiry,
      ),
    ]),
  );
};

const verdictOf = (data: CohortData<BoundSeries>, inquiry: QueryInquiry): Verdict => {
  const { rule, window } = inquiry;
  const candidates = data.candidates.filter(({ present }) => present > 0);
  const controls = data.controls.filter(({ present }) => present > 0);
  const counted = {
    nodes: candidates.length,
    controls: controls.length,
    samples: [...candidates, ...controls].reduce((sum, { present }) => sum + present, 0),
  };
  const gap = candidateGap(data, window, undefined);
  if (gap !== undefined) return undecided(inquiry, gap, counted);
  if (rule.for > window.to - window.from) {
    return undecided(
      inquiry,
      {
        reason: 'WindowTooShort',
        message: `the window of ${span(window.to - window.from)} is shorter than the ${span(rule.for)} for which the bound must be broken`,
      },
      counted,
    );
  }
  const broken = data.candidates.filter((node) => node.broken).length;
  const allowed = allowedOf(data.candidates.length, rule);
  const margin = rule.max ?? rule.min;
  const base = {
    metric: rule.name,
    ...(margin === undefined ? {} : { margin }),
    ...worstOf(candidates, rule),
    ...counted,
    window: { from: window.from, to: window.to },
    test: 'AbsoluteBound',
  };
  const numbers = sentence(broken, allowed, data, base.estimate, rule);
  if (broken <= allowed) return { ...base, verdict: 'Pass', reason: 'WithinBound', message: numbers };
  // Where there are controls, a Fail needs to know that they are not just as badly off.
  const missing = data.controls.length === 0 ? undefined : controlGap(data, window);
  if (missing !== undefined)
    return undecided(inquiry, { reason: missing.reason, message: `${numbers}; ${missing.message}` }, counted);
  const controlsBroken = controls.filter((node) => node.broken).length;
  if (controlsBroken > allowedOf(controls.length, rule)) {
    return {
      ...base,
      verdict: 'Undecided',
      reason: 'ControlsBreakBound',
      message: `${numbers}; so do ${controlsBroken} of ${many(controls.length, 'control node')}`,
    };
  }
  return { ...base, verdict: 'Fail', reason: 'BoundBroken', message: numbers };
};

const allowedOf = (nodes: number, { nodes: limit }: QueryRule): number =>
  'count' in limit ? limit.count : Math.floor(limit.share * nodes + 1e-9);

const worstOf = (candidates: readonly BoundSeries[], rule: QueryRule): { readonly estimate?: number } => {
  const values = candidates.flatMap(({ worst }) => (worst === undefined ? [] : [worst]));
  if (values.length === 0) return {};
  return { estimate: values.reduce((a, b) => (beyondBound(b, rule) > beyondBound(a, rule) ? b : a)) };
};

const sentence = (
  broken: number,
  allowed: number,
  data: CohortData<BoundSeries>,
  worst: number | undefined,
  rule: QueryRule,
): string => {
  const bounds = [
    rule.max === undefined ? '' : `above ${amount(rule.max)}`,
    rule.min === undefined ? '' : `below ${amount(rule.min)}`,
  ]
    .filter((text) => text !== '')
    .join(' or ');
  const time = rule.for === 0 ? '' : ` for ${span(rule.for)}`;
  return `${broken} of ${many(data.candidates.length, 'candidate')} were ${bounds}${time}, ${allowed} may be; the worst value is ${worst === undefined ? 'unknown' : amount(worst)}`;
};
