import { type Random, random } from './random.ts';

/** What the world does to one node in one minute, whatever the model on it. */
export interface Weather {
  /** Requests a second. */
  readonly requestRate: number;
  /** Share of requests that fail on a healthy model. */
  readonly errorRate: number;
  /** Seconds. */
  readonly medianLatency: number;
  /** Log-odds by which this node's inputs look easier than the average. */
  readonly ease: number;
}

/** The healthy level of a class of hardware. */
export interface Baseline {
  readonly errorRate: number;
  /** Seconds. */
  readonly medianLatency: number;
}

export interface RequestRates {
  /** Requests a second of the quietest and of the busiest node. */
  readonly lowest: number;
  readonly highest: number;
}

/**
 * An Ornstein-Uhlenbeck process sampled once a minute: wanders around 0 with standard deviation `sd` and
 * forgets within `tau` minutes.
 */
class Wander {
  value: number;
  readonly #keep: number;
  readonly #kick: number;
  readonly #random: Random;

  constructor(seed: string, sd: number, tau: number) {
    this.#random = random(seed);
    this.#keep = Math.exp(-1 / tau);
    this.#kick = sd * Math.sqrt(1 - this.#keep ** 2);
    this.value = sd * this.#random.normal();
  }

  step(): void {
    this.value = this.#keep * this.value + this.#kick * this.#random.normal();
  }
}

const MINUTE = 60_000;
/** The time in which an AR(1) process with a coefficient of .6 a minute forgets. */
const FAST = -1 / Math.log(0.6);

/** A set of wandering values that moves on minute by minute as time is asked for. */
class Shared {
  readonly parts: Readonly<Record<'traffic' | 'errors' | 'latency', Wander>>;
  #minute: number;

  constructor(minute: number, parts: Shared['parts']) {
    this.#minute = minute;
    this.parts = parts;
  }

  at(minute: number): this {
    for (; this.#minute < minute; this.#minute++) {
      for (const part of Object.values(this.parts)) part.step();
    }
    return this;
  }
}

/**
 * The world around a fleet: traffic and error rates that differ from node to node and drift slowly, together
 * and apart, with bursts. Deterministic from the seed. Times must not go back.
 */
export class Environment {
  readonly #seed: string;
  readonly #origin: number;
  readonly #rates: RequestRates;
  readonly #fleet: Shared;
  readonly #classes = new Map<string, Shared>();
  readonly #nodes = new Map<string, NodeEnvironment>();

  constructor(seed: string, origin: number, rates: RequestRates = { lowest: 1, highest: 20 }) {
    this.#seed = seed;
    this.#origin = Math.floor(origin / MINUTE);
    this.#rates = rates;
    this.#fleet = new Shared(this.#origin, {
      traffic: new Wander(`${seed}/fleet/traffic`, 0.2, 60),
      errors: new Wander(`${seed}/fleet/errors`, 0.2, 30),
      latency: new Wander(`${seed}/fleet/latency`, 0.03, 30),
    });
  }

  node(name: string, hardwareClass: string, baseline: Baseline): NodeEnvironment {
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const shared = this.#classes.get(hardwareClass) ?? this.#classShared(hardwareClass);
    this.#classes.set(hardwareClass, shared);
    const node = new NodeEnvironment(`${this.#seed}/node/${name}`, this.#origin, baseline, this.#rates, [
      this.#fleet,
      shared,
    ]);
    this.#nodes.set(name, node);
    return node;
  }

  #classShared(hardwareClass: string): Shared {
    const seed = `${this.#seed}/class/${hardwareClass}`;
    return new Shared(this.#origin, {
      traffic: new Wander(`${seed}/traffic`, 0, 1),
      errors: new Wander(`${seed}/errors`, 0.1, 30),
      latency: new Wander(`${seed}/latency`, 0.02, 30),
    });
  }
}

export class NodeEnvironment {
  readonly #random: Random;
  readonly #baseline: Baseline;
  readonly #rate: number;
  readonly #offsets: { readonly errors: number; readonly latency: number; readonly ease: number };
  readonly #around: readonly Shared[];
  readonly #slow: Shared;
  readonly #fast: Shared;
  #minute: number;
  #burstLeft = 0;
  #weather: Weather | undefined;

  constructor(
    seed: string,
    origin: number,
    baseline: Baseline,
    rates: RequestRates,
    around: readonly Shared[],
  ) {
    this.#random = random(seed);
    this.#baseline = baseline;
    this.#around = around;
    this.#minute = origin - 1;
    const [low, high] = [Math.log(rates.lowest), Math.log(rates.highest)];
    this.#rate = Math.exp(low + (high - low) * this.#random.uniform());
    this.#offsets = {
      errors: 0.35 * this.#random.normal(),
      latency: 0.15 * this.#random.normal(),
      ease: 0.1 * this.#random.normal(),
    };
    this.#slow = new Shared(origin, {
      traffic: new Wander(`${seed}/traffic`, 0.1, 20),
      errors: new Wander(`${seed}/errors/slow`, 0.1, 120),
      latency: new Wander(`${seed}/latency/slow`, 0.03, 120),
    });
    this.#fast = new Shared(origin, {
      traffic: new Wander(`${seed}/none`, 0, 1),
      errors: new Wander(`${seed}/errors/fast`, 0.25, FAST),
      latency: new Wander(`${seed}/latency/fast`, 0.05, FAST),
    });
  }

  /** `ms` since the Unix epoch. */
  at(ms: number): Weather {
    const minute = Math.floor(ms / MINUTE);
    if (this.#weather !== undefined && minute <= this.#minute) return this.#weather;
    for (; this.#minute < minute; this.#minute++) this.#stepBurst();
    const layers = [...this.#around, this.#slow, this.#fast].map((shared) => shared.at(minute).parts);
    const sum = (part: 'traffic' | 'errors' | 'latency'): number =>
      layers.reduce((total, parts) => total + parts[part].value, 0);
    const burst = this.#burstLeft > 0;
    this.#weather = {
      requestRate: this.#rate * Math.exp(sum('traffic')),
      errorRate: this.#baseline.errorRate * Math.exp(this.#offsets.errors + sum('errors')) * (burst ? 8 : 1),
      medianLatency:
        this.#baseline.medianLatency * Math.exp(this.#offsets.latency + sum('latency')) * (burst ? 1.3 : 1),
      ease: this.#offsets.ease,
    };
    return this.#weather;
  }

  /** One minute in a thousand starts a burst, of three minutes on average. */
  #stepBurst(): void {
    if (this.#burstLeft > 0) this.#burstLeft--;
    if (this.#random.uniform() < 0.001) {
      this.#burstLeft = 1 + Math.floor(Math.log(1 - this.#random.uniform()) / Math.log(1 - 1 / 3));
    }
  }
}
