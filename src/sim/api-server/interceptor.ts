import type { ApiRequest, ApiResponse } from '../../kube/transport.ts';
import type { ApiStatus } from './api-status.ts';

/** What a request gets instead of its answer: a connection that fails, or a refusal. */
export type Fault = 'pass' | { readonly error: Error } | { readonly status: ApiStatus };

/**
 * Where faults get in. What fails `before` never happened; what fails `after` happened, and its answer is lost.
 * Either may take its time on the simulation's clock.
 */
export interface Interceptor {
  before?(request: ApiRequest): Fault | Promise<Fault>;
  after?(request: ApiRequest, response: ApiResponse): Fault | Promise<Fault>;
}
