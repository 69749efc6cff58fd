import type { Behaviour } from './behaviour.ts';
import type { NodeEnvironment, Weather } from './environment.ts';
import { expose, Histogram } from './exposition.ts';
import { type Random, random } from './random.ts';

/** Within one node and minute, latencies are lognormal with this spread. */
const LATENCY_SIGMA = 0.45;
const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SCORE_BUCKETS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
/** A model's score is the logistic of a normal: mostly sure, sometimes not. */
const SCORE_LOGIT = { mean: 1.5, sd: 1.2 };
const CONFIDENCE = { mean: 0.86, sd: 0.08 };

export interface InferenceServerOptions {
  /** Names the stream of requests: seed, node, pod and which start of the container it is. */
  readonly seed: string;
  readonly environment: NodeEnvironment;
  readonly behaviour: Behaviour;
  /** What model_device_info says the model runs on. */
  readonly device: string;
  /** Ms since the epoch. */
  readonly startedAt: number;
  /** The share of the node's requests that come here at present, 0 to 1. */
  readonly share: () => number;
}

/** The process in a simulated container: requests come in, counters go up. A new process starts from zero. */
export class InferenceServer {
  readonly #options: InferenceServerOptions;
  readonly #random: Random;
  readonly #requests = { ok: 0, failed: 0 };
  readonly #latency = new Histogram(LATENCY_BUCKETS);
  readonly #score = new Histogram(SCORE_BUCKETS);
  readonly #confidence = { sum: 0, count: 0 };
  #servedUntil: number;

  constructor(options: InferenceServerOptions) {
    this.#options = options;
    this.#random = random(options.seed);
    this.#servedUntil = options.startedAt;
  }

  /** Lets the requests arrive that came until `now`. Call it before the share of this server changes. */
  serve(now: number): void {
    while (this.#servedUntil < now) {
      // The weather holds for a minute.
      const until = Math.min(now, (Math.floor(this.#servedUntil / 60_000) + 1) * 60_000);
      this.#serveSlice(this.#options.environment.at(this.#servedUntil), until - this.#servedUntil);
      this.#servedUntil = until;
    }
  }

  /** The page that Prometheus scrapes; undefined where the version exports none. */
  page(now: number): string | undefined {
    this.serve(now);
    if (this.#options.behaviour.noMetrics) return undefined;
    return expose([
      {
        name: 'model_requests_total',
        help: 'Requests answered, by HTTP status code.',
        type: 'counter',
        samples: [
          { labels: '{code="200"}', value: this.#requests.ok },
          { labels: '{code="500"}', value: this.#requests.failed },
        ],
      },
      {
        name: 'model_request_seconds',
        help: 'Time to answer a request.',
        type: 'histogram',
        samples: this.#latency.samples(),
      },
      {
        name: 'model_confidence_sum',
        help: 'Sum of the confidence of all predictions.',
        type: 'counter',
        samples: [{ labels: '', value: this.#confidence.sum }],
      },
      {
        name: 'model_confidence_count',
        help: 'Predictions that the sum of confidence is over.',
        type: 'counter',
        samples: [{ labels: '', value: this.#confidence.count }],
      },
      {
        name: 'model_score',
        help: 'Score of the predictions.',
        type: 'histogram',
        samples: this.#score.samples(),
      },
      {
        name: 'model_device_info',
        help: 'The device that the model runs on.',
        type: 'gauge',
        samples: [{ labels: `{device="${this.#options.device}"}`, value: 1 }],
      },
    ]);
  }

  #serveSlice(weather: Weather, ms: number): void {
    const { behaviour, startedAt, share } = this.#options;
    const acting = this.#servedUntil - startedAt >= behaviour.onset;
    const errorRate = acting
      ? Math.min(0.9, weather.errorRate * behaviour.errorsFactor) + behaviour.errorsAdded
      : Math.min(0.9, weather.errorRate);
    const logMedian = Math.log(weather.medianLatency * (acting ? behaviour.latencyFactor : 1));
    const scoreMean = SCORE_LOGIT.mean + weather.ease + (acting ? behaviour.scoreShift : 0);
    const confidenceMean = acting
      ? CONFIDENCE.mean * behaviour.confidenceFactor + behaviour.confidenceAdded
      : CONFIDENCE.mean;
    const count = this.#random.poisson((weather.requestRate * share() * ms) / 1_000);
    for (let request = 0; request < count; request++) {
      this.#latency.observe(Math.exp(logMedian + LATENCY_SIGMA * this.#random.normal()));
      if (this.#random.uniform() < errorRate) {
        this.#requests.failed++;
        continue;
      }
      this.#requests.ok++;
      this.#score.observe(1 / (1 + Math.exp(-(scoreMean + SCORE_LOGIT.sd * this.#random.normal()))));
      const confidence = confidenceMean + CONFIDENCE.sd * this.#random.normal() + 0.1 * weather.ease;
      this.#confidence.sum += Math.min(1, Math.max(0, confidence));
      this.#confidence.count++;
    }
  }
}
