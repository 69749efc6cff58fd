import type { ApiResponse } from './transport.ts';

/**
 * What a caller can do about a refusal, decided once, here:
 * - conflict: somebody else wrote first; read again and try again, not an error worth a log line
 * - alreadyExists: read the object, it may be a foreign one
 * - notFound
 * - gone: a continue token or resourceVersion is too old; list again
 * - throttled: the server did nothing; wait (`retryAfterMs`) and repeat
 * - invalid: the same request can never succeed
 * - forbidden: rights, quota or admission
 * - unauthorized: the credentials are stale
 * - transient: the server or the way to it failed; whether a write took place is unknown
 */
export type ApiErrorCode =
  | 'conflict'
  | 'alreadyExists'
  | 'notFound'
  | 'gone'
  | 'throttled'
  | 'invalid'
  | 'forbidden'
  | 'unauthorized'
  | 'transient';

/** One field that the server objects to. */
export interface ApiErrorCause {
  readonly field?: string;
  readonly reason?: string;
  readonly message?: string;
}

/** The meta/v1 Status that API servers answer failures with. */
export interface Status {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly name?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly ApiErrorCause[];
  };
}

interface ApiErrorFields {
  readonly code: ApiErrorCode;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** The server's reason, for example `AlreadyExists`; `ConnectionFailed` or `BadAnswer` where it gave none. */
  readonly reason: string;
  readonly retryAfterMs?: number | undefined;
  readonly details?: readonly ApiErrorCause[] | undefined;
  readonly cause?: unknown;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  readonly status: number;
  readonly reason: string;
  readonly retryAfterMs?: number;
  readonly details?: readonly ApiErrorCause[];
  /** What the server said, without the words about which call it was. */
  readonly serverMessage: string;

  constructor(call: string, serverMessage: string, fields: ApiErrorFields) {
    const answer = fields.status === 0 ? fields.reason : `${fields.status} ${fields.reason}`;
    super(`${call}: ${serverMessage} (${answer})`, { cause: fields.cause });
    this.code = fields.code;
    this.status = fields.status;
    this.reason = fields.reason;
    this.serverMessage = serverMessage;
    if (fields.retryAfterMs !== undefined) this.retryAfterMs = fields.retryAfterMs;
    if (fields.details !== undefined) this.details = fields.details;
  }
}

export function isApiError(error: unknown, ...codes: readonly ApiErrorCode[]): error is ApiError {
  return error instanceof ApiError && (codes.length === 0 || codes.includes(error.code));
}

/** The error for an answer that is not a success. `call` says what was tried, for example `get pods vision/a`. */
export async function errorOfResponse(call: string, response: ApiResponse): Promise<ApiError> {
  const status = parseStatus(await response.text().catch(() => ''));
  const error = statusFields(response.status, status);
  const retryAfterMs = parseRetryAfter(response.headers['retry-after']) ?? error.retryAfterMs;
  return new ApiError(call, status.message ?? 'the server gave no message', { ...error, retryAfterMs });
}

/** The error for a Status that came inside a watch stream. */
export function errorOfStatus(call: string, status: Status): ApiError {
  return new ApiError(
    call,
    status.message ?? 'the server gave no message',
    statusFields(status.code ?? 500, status),
  );
}

/** The error where no usable answer came: refused, reset, timed out, cut short, not JSON. */
export function errorOfConnection(call: string, cause: unknown, reason = 'ConnectionFailed'): ApiError {
  return new ApiError(call, describeCause(cause), { code: 'transient', status: 0, reason, cause });
}

function statusFields(httpStatus: number, status: Status): ApiErrorFields {
  const reason = status.reason || `Http${httpStatus}`;
  const seconds = status.details?.retryAfterSeconds;
  return {
    code: classify(httpStatus, reason),
    status: httpStatus,
    reason,
    retryAfterMs: seconds ? seconds * 1000 : undefined,
    details: status.details?.causes,
  };
}

function classify(status: number, reason: string): ApiErrorCode {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'notFound';
    case 409:
      return reason === 'AlreadyExists' ? 'alreadyExists' : 'conflict';
    case 410:
      return 'gone';
    case 408:
      return 'transient';
    case 429:
      return 'throttled';
    default:
      return status >= 400 && status < 500 ? 'invalid' : 'transient';
  }
}

/** A proxy between us and the server answers in its own words, so anything may stand here. */
function parseStatus(text: string): Status {
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed !== null && typeof parsed === 'object' && 'kind' in parsed && parsed.kind === 'Status') {
      return parsed as Status;
    }
  } catch {
    // Not JSON: the beginning of the text is all there is to show.
  }
  const shown = text.trim().slice(0, 200);
  return shown === '' ? {} : { message: shown };
}

/** Seconds only: API servers never send the HTTP date form. */
function parseRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d+$/.test(header)) return undefined;
  return Number(header) * 1000;
}

/** `fetch failed` says nothing, its cause does; at most three levels, so that a cycle ends. */
function describeCause(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? ` [${error.code}]` : '';
  const inner = error.cause === undefined || depth === 2 ? '' : `: ${describeCause(error.cause, depth + 1)}`;
  return `${error.message || error.name}${error.message.includes(code.slice(2, -1)) ? '' : code}${inner}`;
}
