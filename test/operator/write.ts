import type { ApiRequest } from '../../src/kube/transport.ts';

/** One write of an operator, as the API server gets it. */
export interface Write {
  /** Ms since the epoch. */
  readonly at: number;
  readonly operator: string;
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The plural, with its subresource: `pods`, `edgemodels/status`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  /** Of a POST, the name in the body. */
  readonly name: string;
  readonly body: unknown;
}

/** Undefined for reads and dry runs, which change nothing. */
export function writeOf(request: ApiRequest, operator: string, at: number): Write | undefined {
  const { method, path, body } = request;
  if (method === 'GET' || request.query?.['dryRun'] !== undefined) return undefined;
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  const namespaced = rest[0] === 'namespaces' && rest.length > 2;
  const [plural = '', name, subresource] = namespaced ? rest.slice(2) : rest;
  return {
    at,
    operator,
    method,
    resource: subresource === undefined ? plural : `${plural}/${subresource}`,
    namespace: namespaced ? rest[1] : undefined,
    name: name ?? nameIn(body),
    body,
  };
}

export function inWords({ at, operator, method, resource, name }: Write): string {
  return `${new Date(at).toISOString().slice(11, 23)} ${operator} ${method} ${resource} ${name}`;
}

function nameIn(body: unknown): string {
  return (body as { readonly metadata?: { readonly name?: string } } | undefined)?.metadata?.name ?? '';
}
