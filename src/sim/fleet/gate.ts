/** Open or shut; those who wait go on when it opens. */
export class Gate {
  #open: boolean;
  #opened = Promise.withResolvers<void>();

  constructor(open: boolean) {
    this.#open = open;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  open(): void {
    if (this.#open) return;
    this.#open = true;
    this.#opened.resolve();
    this.#opened = Promise.withResolvers<void>();
  }

  shut(): void {
    this.#open = false;
  }

  /** Resolves when the gate is open. Errors: the signal's reason. */
  async wait(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      while (!this.#open) await Promise.race([this.#opened.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      // Nobody may be left to hear of it.
      aborted.promise.catch(() => {});
    }
  }
}
