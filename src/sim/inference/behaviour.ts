import { parseDuration } from '../../api/duration.ts';

/**
 * How a version behaves, read from the annotations of its pod: people set them in the template, or in the
 * patch of one variant, and the simulated nodes act them out.
 */
export interface Behaviour {
  /** Of all requests, on top of the healthy error rate. */
  readonly errorsAdded: number;
  readonly errorsFactor: number;
  readonly latencyFactor: number;
  readonly confidenceFactor: number;
  readonly confidenceAdded: number;
  /** On the log-odds scale of the score. */
  readonly scoreShift: number;
  /** Ms from the container's start until the four above take effect. */
  readonly onset: number;
  /** Ms from a container's start to its crash. */
  readonly crashAfter: number | undefined;
  /** Ms from a container's start until its whole node goes down and boots again. */
  readonly panicAfter: number | undefined;
  /** Ms from a container's start until it is Ready; undefined: as the hardware is. */
  readonly readyAfter: number | undefined;
  readonly neverReady: boolean;
  /** Ms that a pull of each of the pod's images takes. */
  readonly imagePull: number | 'fail' | undefined;
  readonly noMetrics: boolean;
}

export const ANNOTATION_PREFIX = 'sim.outrigger.dev/';

export const HEALTHY: Behaviour = {
  errorsAdded: 0,
  errorsFactor: 1,
  latencyFactor: 1,
  confidenceFactor: 1,
  confidenceAdded: 0,
  scoreShift: 0,
  onset: 0,
  crashAfter: undefined,
  panicAfter: undefined,
  readyAfter: undefined,
  neverReady: false,
  imagePull: undefined,
  noMetrics: false,
};

/** Errors: throws a sentence for people when an annotation has a name or a value that means nothing. */
export function behaviourOf(annotations: Readonly<Record<string, string>> = {}): Behaviour {
  let behaviour = HEALTHY;
  for (const [key, value] of Object.entries(annotations)) {
    if (!key.startsWith(ANNOTATION_PREFIX)) continue;
    const read = READERS[key.slice(ANNOTATION_PREFIX.length)];
    if (read === undefined) {
      const known = Object.keys(READERS).join(', ');
      throw new Error(`annotation ${key} is unknown to the simulated nodes, which act out: ${known}`);
    }
    const part = read(value.trim());
    if (typeof part === 'string') throw new Error(`annotation ${key}: "${value}" is not ${part}`);
    behaviour = { ...behaviour, ...part };
  }
  return behaviour;
}

/** What the value says, or what it should have been. */
type Reader = (value: string) => Partial<Behaviour> | string;

const READERS: Readonly<Record<string, Reader>> = {
  'error-rate': (value) => {
    const factor = factorOf(value);
    if (factor !== undefined) return { errorsFactor: factor };
    const share = shareOf(value);
    return share === undefined || share < 0 || share > 1
      ? 'a share such as 5% or 0.05, or a factor such as x3'
      : { errorsAdded: share };
  },
  latency: (value) => {
    const factor = factorOf(value) ?? numberOf(value);
    return factor === undefined || factor <= 0 ? 'a factor such as x1.5' : { latencyFactor: factor };
  },
  confidence: (value) => {
    const factor = factorOf(value);
    if (factor !== undefined) return { confidenceFactor: factor };
    const added = shareOf(value);
    return added === undefined
      ? 'a change such as -0.1, or a factor such as x0.9'
      : { confidenceAdded: added };
  },
  'score-shift': (value) => {
    const shift = numberOf(value);
    return shift === undefined ? 'a number such as 0.5' : { scoreShift: shift };
  },
  onset: (value) => durationOf(value, (onset) => ({ onset })),
  'crash-after': (value) => durationOf(value, (crashAfter) => ({ crashAfter })),
  'panic-after': (value) => durationOf(value, (panicAfter) => ({ panicAfter })),
  'ready-after': (value) => durationOf(value, (readyAfter) => ({ readyAfter })),
  'never-ready': (value) => flagOf(value, (neverReady) => ({ neverReady })),
  'image-pull': (value) => {
    if (value === 'fail') return { imagePull: 'fail' };
    const result = durationOf(value, (imagePull) => ({ imagePull }));
    return typeof result === 'string' ? `fail, or ${result}` : result;
  },
  'no-metrics': (value) => flagOf(value, (noMetrics) => ({ noMetrics })),
};

function durationOf(value: string, part: (ms: number) => Partial<Behaviour>): Partial<Behaviour> | string {
  const ms = parseDuration(value);
  return ms === undefined ? 'a duration such as 90s or 5m' : part(ms);
}

function flagOf(value: string, part: (flag: boolean) => Partial<Behaviour>): Partial<Behaviour> | string {
  return value === 'true' || value === 'false' ? part(value === 'true') : 'true or false';
}

function factorOf(value: string): number | undefined {
  const factor = value.startsWith('x') ? numberOf(value.slice(1)) : undefined;
  return factor !== undefined && factor >= 0 ? factor : undefined;
}

function shareOf(value: string): number | undefined {
  if (!value.endsWith('%')) return numberOf(value);
  const percent = numberOf(value.slice(0, -1));
  return percent === undefined ? undefined : percent / 100;
}

function numberOf(value: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}
