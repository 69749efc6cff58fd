import type { ApiResponse } from '../../kube/transport.ts';
import type { ApiStatus } from './api-status.ts';
import type { WatchStream } from './watch-stream.ts';

const HEADERS = { 'content-type': 'application/json' };

/** The text is made when it is asked for: answers to writes are mostly not read. */
export function jsonResponse(status: number, text: () => string): ApiResponse {
  return {
    status,
    headers: HEADERS,
    text: () => Promise.resolve(text()),
    async *lines() {
      yield* text().split('\n');
    },
  };
}

export function refusal(status: ApiStatus): ApiResponse {
  const seconds = status.details?.retryAfterSeconds;
  const response = jsonResponse(status.code, () => JSON.stringify(status.body()));
  if (seconds === undefined) return response;
  return { ...response, headers: { ...HEADERS, 'retry-after': String(seconds) } };
}

export function streamResponse(stream: WatchStream): ApiResponse {
  return {
    status: 200,
    headers: HEADERS,
    lines: () => stream.read(),
    async text() {
      const lines: string[] = [];
      for await (const line of stream.read()) lines.push(`${line}\n`);
      return lines.join('');
    },
  };
}
