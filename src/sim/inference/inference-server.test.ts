import { describe, expect, it } from 'vitest';
import { headLabels, pageLines } from '../prometheus/text-format.ts';
import { behaviourOf } from './behaviour.ts';
import { Environment } from './environment.ts';
import { InferenceServer } from './inference-server.ts';
import { random } from './random.ts';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const BASELINE = { errorRate: 0.01, medianLatency: 0.045 };

/** What a version counted in an hour, summed over 40 nodes so that their differences even out. */
function hour(annotations: Record<string, string>): Record<string, number> {
  const environment = new Environment('7', START, { lowest: 2, highest: 4 });
  const sums: Record<string, number> = {};
  for (let index = 0; index < 40; index++) {
    const server = new InferenceServer({
      seed: `7/${index}`,
      environment: environment.node(`node-${index}`, 'hailo', BASELINE),
      behaviour: behaviourOf(annotations),
      device: 'hailo8',
      startedAt: START,
      share: () => 1,
    });
    for (const { head, value } of pageLines(server.page(START + HOUR) ?? '')) {
      sums[head] = (sums[head] ?? 0) + value;
    }
  }
  return sums;
}

function figures(annotations: Record<string, string> = {}) {
  const sums = hour(annotations);
  const of = (head: string): number => sums[head] ?? NaN;
  const failed = of('model_requests_total{code="500"}');
  const requests = failed + of('model_requests_total{code="200"}');
  return {
    requests,
    errorRate: failed / requests,
    latency: of('model_request_seconds_sum') / of('model_request_seconds_count'),
    confidence: of('model_confidence_sum') / of('model_confidence_count'),
    low: of('model_score_bucket{le="0.5"}') / of('model_score_count'),
    counted: of('model_request_seconds_count'),
    inBuckets: of('model_request_seconds_bucket{le="+Inf"}'),
  };
}

describe('a simulated inference server', () => {
  const healthy = figures();

  it('serves and fails as its class of hardware does', () => {
    // 40 nodes of 2 to 4 requests a second, log-uniform: 2.9 on average, and 3 % more for the spread of the traffic.
    expect(healthy.requests / 40 / 3_600).toBeGreaterThan(2.2);
    expect(healthy.requests / 40 / 3_600).toBeLessThan(3.8);
    expect(healthy.errorRate).toBeGreaterThan(0.007);
    expect(healthy.errorRate).toBeLessThan(0.018);
    // The mean of a lognormal is its median times e^(sigma²/2).
    expect(healthy.latency / (0.045 * Math.exp(0.45 ** 2 / 2))).toBeCloseTo(1, 0);
    expect(healthy.counted).toBe(healthy.requests);
    expect(healthy.inBuckets).toBe(healthy.requests);
  });

  it.each<[string, string, (acted: typeof healthy) => number, number]>([
    ['error-rate', 'x3', (acted) => acted.errorRate / healthy.errorRate, 3],
    ['error-rate', '10%', (acted) => (acted.errorRate - healthy.errorRate) / 0.1, 1],
    ['latency', 'x2', (acted) => acted.latency / healthy.latency, 2],
    ['confidence', 'x0.5', (acted) => acted.confidence / healthy.confidence, 0.5],
    ['confidence', '-0.2', (acted) => healthy.confidence - acted.confidence, 0.2],
  ])('acts out %s: %s', (name, value, measure, expected) => {
    const measured = measure(figures({ [`sim.outrigger.dev/${name}`]: value }));
    expect(measured / expected).toBeGreaterThan(0.9);
    expect(measured / expected).toBeLessThan(1.1);
  });

  it('acts out a shift of the scores, and waits for the onset', () => {
    const shift = { 'sim.outrigger.dev/score-shift': '-1' };
    expect(figures(shift).low).toBeGreaterThan(healthy.low + 0.1);
    expect(figures({ ...shift, 'sim.outrigger.dev/onset': '1h' }).low).toBeCloseTo(healthy.low, 6);
  });

  it('exports nothing where it is told so', () => {
    expect(hour({ 'sim.outrigger.dev/no-metrics': 'true' })).toEqual({});
  });

  it('names its device, and every line of its page can be read', () => {
    const server = new InferenceServer({
      seed: '1',
      environment: new Environment('1', START).node('n', 'orin', BASELINE),
      behaviour: behaviourOf(),
      device: 'cuda',
      startedAt: START,
      share: () => 1,
    });
    const page = server.page(START + 60_000) ?? '';
    const lines = [...pageLines(page)];
    expect(lines).toHaveLength(
      page.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length,
    );
    expect(lines.every(({ value }) => Number.isFinite(value))).toBe(true);
    const info = lines.find(({ head }) => head.startsWith('model_device_info'));
    expect(headLabels(info?.head ?? '')).toEqual({ __name__: 'model_device_info', device: 'cuda' });
  });
});

describe('annotations', () => {
  it.each([
    ['error-rate', '150%', 'is not a share such as 5% or 0.05, or a factor such as x3'],
    ['error-rate', 'x', 'is not a share'],
    ['latency', '0', 'is not a factor such as x1.5'],
    ['crash-after', 'soon', 'is not a duration such as 90s or 5m'],
    ['never-ready', 'yes', 'is not true or false'],
    ['image-pull', 'never', 'is not fail, or a duration such as 90s or 5m'],
    ['eror-rate', '5%', 'is unknown to the simulated nodes, which act out: error-rate, latency'],
  ])('tells what is wrong with %s: %s', (name, value, words) => {
    expect(() => behaviourOf({ [`sim.outrigger.dev/${name}`]: value })).toThrow(words);
  });

  it('leaves those of others alone', () => {
    expect(behaviourOf({ 'prometheus.io/scrape': 'true' })).toEqual(behaviourOf());
  });
});

function draw(seed: string): readonly number[] {
  const stream = random(seed);
  return Array.from({ length: 20 }, () => stream.uniform());
}

describe('random numbers', () => {
  it('are the same for the same seed and different for another', () => {
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
  });

  it.each([0.3, 4, 60, 2_000])('count events with the mean and the variance of Poisson for %d', (mean) => {
    const stream = random(`poisson/${mean}`);
    const counts = Array.from({ length: 20_000 }, () => stream.poisson(mean));
    const average = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - average) ** 2, 0) / counts.length;
    // Five standard errors of each.
    expect(Math.abs(average - mean)).toBeLessThan(5 * Math.sqrt(mean / 20_000));
    expect(Math.abs(variance / mean - 1)).toBeLessThan(5 * Math.sqrt((2 + 1 / mean) / 20_000));
  });
});
