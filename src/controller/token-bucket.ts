/** Allows `burst` at once and one more every `refillMs`. Times in milliseconds. */
export class TokenBucket {
  readonly #burst: number;
  readonly #refillMs: number;
  #tokens: number;
  #asOf: number;

  constructor(burst: number, refillMs: number, now: number) {
    this.#burst = burst;
    this.#refillMs = refillMs;
    this.#tokens = burst;
    this.#asOf = now;
  }

  take(now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#asOf) / this.#refillMs);
    this.#asOf = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
