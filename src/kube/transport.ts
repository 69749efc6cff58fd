/**
 * One HTTP exchange with an API server, below any notion of resources. The real one speaks HTTPS through
 * the connection pool of a kubeconfig; the simulated fleet answers in the process. Everything above it
 * (client, watcher, store, queue, operator) is the same code on both.
 */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** For example `/api/v1/namespaces/vision/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Defaults to application/json; patches name theirs. */
  readonly contentType?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Aborts the exchange, also while it connects and while its body is read. */
  readonly signal?: AbortSignal;
}

export interface ApiResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body. */
  text(): Promise<string>;
  /** The body line by line as it arrives (watch streams); a last line without its newline is an error. */
  lines(): AsyncIterable<string>;
}

/** Errors: rejects with whatever the connection failed with; HTTP statuses are answers, not errors. */
export interface Transport {
  send(request: ApiRequest): Promise<ApiResponse>;
  close(): Promise<void>;
}
