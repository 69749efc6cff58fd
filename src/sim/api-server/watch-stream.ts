/** Lines on their way to one reader: the open end of a chunked response. */
export class WatchStream {
  readonly #lines: string[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;
  readonly #onClose: () => void;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  write(line: string): void {
    if (this.#end) return;
    this.#lines.push(line);
    this.#wake?.();
  }

  /** The server is done: the reader gets what is left and then the end. */
  end(): void {
    this.#finish({});
  }

  /** The connection breaks: what was not read yet is lost with it. */
  break(error: unknown): void {
    this.#lines.length = 0;
    this.#finish({ error });
  }

  async *read(): AsyncGenerator<string> {
    try {
      for (;;) {
        const batch = this.#lines.splice(0);
        for (const line of batch) yield line;
        if (batch.length > 0) continue;
        if (this.#end) {
          if ('error' in this.#end) throw this.#end.error;
          return;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      this.#finish({});
    }
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    this.#onClose();
    this.#wake?.();
  }
}
