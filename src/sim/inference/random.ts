/** A stream of random numbers that is the same for the same seed, on every machine. */
export interface Random {
  /** In [0, 1). */
  uniform(): number;
  /** Mean 0, standard deviation 1. */
  normal(): number;
  /** How many events happen where `mean` are expected. */
  poisson(mean: number): number;
}

/** Streams of different seeds are independent; name a stream by what it is for, such as `7/edge-orin-01/load`. */
export function random(seed: string): Random {
  const uniform = generator(seed);
  let spare: number | undefined;
  const normal = (): number => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    // Box and Muller's transform gives two values at a time. 1 - u keeps the logarithm finite.
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  const poisson = (mean: number): number => {
    if (mean <= 0) return 0;
    // Beyond some hundred events the normal law with continuity correction is as good as exact.
    if (mean > 500) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    // Exponential waiting times, counted until the time is over; in logarithms, which cannot underflow.
    let events = 0;
    for (let left = mean + Math.log(1 - uniform()); left > 0; left += Math.log(1 - uniform())) events++;
    return events;
  };
  return { uniform, normal, poisson };
}

/** Chris Doty-Humphrey's small fast counting generator (sfc32), seeded by a 32-bit hash of the text. */
function generator(seed: string): () => number {
  let a = hash(seed, 0x9e3779b9);
  let b = hash(seed, 0x243f6a88);
  let c = hash(seed, 0xb7e15162);
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

/** FNV-1a over the UTF-16 units of the text, from a start value of one's own. */
function hash(text: string, start: number): number {
  let value = start ^ 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value | 0;
}
