/** What the controller needs to know of a call that the API server did not do; src/kube/errors.ts is one. */
export interface ApiFailure extends Error {
  readonly code:
    | 'conflict'
    | 'alreadyExists'
    | 'notFound'
    | 'gone'
    | 'throttled'
    | 'invalid'
    | 'forbidden'
    | 'unauthorized'
    | 'transient';
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** The server's reason, for example `Invalid`. */
  readonly reason: string;
  /** What the server said, without the words about which call it was. */
  readonly serverMessage: string;
  readonly details?: readonly {
    readonly field?: string;
    readonly reason?: string;
    readonly message?: string;
  }[];
}

/** By its name and not its class: the controller does not know the client. */
export function isApiFailure(error: unknown, ...codes: readonly ApiFailure['code'][]): error is ApiFailure {
  if (!(error instanceof Error) || error.name !== 'ApiError' || !('code' in error)) return false;
  return codes.length === 0 || codes.some((code) => code === error.code);
}
