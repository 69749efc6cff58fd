/** What a command gets of the process it runs in; src/main.ts alone reads the real one. */
export interface Io {
  /** A line on standard output. */
  readonly out: (line: string) => void;
  /** A line on standard error. */
  readonly err: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by SIGINT or SIGTERM: end what is under way, give back what is held, return. */
  readonly signal: AbortSignal;
  /** All of standard input, as text. */
  readonly stdin: () => Promise<string>;
  /** A name of this process that no other has at the same time. */
  readonly identity: string;
}

/** Errors in how a command was called: shown as they are, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
