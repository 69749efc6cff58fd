/**
 * Time as the shell sees it. Production passes the system's clock, the simulated fleet a virtual one,
 * so that every timer of the operator (backoff, resync, lease, soak) can be driven by a test.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Lets others have a turn between two parts of a long computation. */
  turn(): Promise<void>;
}
