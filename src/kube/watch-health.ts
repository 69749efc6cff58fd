/** What is known of the watch of one resource. Times in ms since the epoch. */
export interface WatchHealth {
  /** The plural. */
  readonly resource: string;
  /** A stream is open now. */
  readonly connected: boolean;
  /**
   * When the server last said something that can be relied on: a page of a list, an event, a bookmark, or a
   * stream that stays open. The start of the watcher where it never did.
   */
  readonly lastAnswerAt: number;
  /** It has answered at least once. */
  readonly answered: boolean;
  /** Why the last attempt failed; undefined since the last answer. */
  readonly error: string | undefined;
}

/** A stream that ends sooner, without a word, proves nothing: some proxies open every stream and drop it at once. */
const PROOF_MS = 1_000;

/** Follows one watcher; what it says is derived from the last answer, the open stream and the last error alone. */
export class WatchRecord {
  readonly #resource: string;
  #lastAnswerAt: number;
  #answered = false;
  #openSince: number | undefined;
  #error: string | undefined;

  constructor(resource: string, now: number) {
    this.#resource = resource;
    this.#lastAnswerAt = now;
  }

  answered(now: number): void {
    this.#answered = true;
    this.#lastAnswerAt = now;
    this.#error = undefined;
  }

  opened(now: number): void {
    this.#openSince = now;
  }

  closed(now: number): void {
    if (this.#isProven(now)) this.answered(now);
    this.#openSince = undefined;
  }

  failed(error: string): void {
    this.#error = error;
  }

  health(now: number): WatchHealth {
    const proven = this.#isProven(now);
    return {
      resource: this.#resource,
      connected: this.#openSince !== undefined,
      lastAnswerAt: proven ? now : this.#lastAnswerAt,
      answered: this.#answered || proven,
      error: proven ? undefined : this.#error,
    };
  }

  #isProven(now: number): boolean {
    return this.#openSince !== undefined && now - this.#openSince >= PROOF_MS;
  }
}
