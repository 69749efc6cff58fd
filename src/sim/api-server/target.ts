import type { ApiRequest } from '../../kube/transport.ts';
import { noSuchPath } from './api-status.ts';
import type { Kind } from './kind.ts';

/** What a request's path names. */
export interface Target {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: 'status' | undefined;
}

/** By `group/version/plural`, the core group being empty. */
export type Kinds = ReadonlyMap<string, Kind>;

export function kindKey(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}

/** Errors: 404 for a path that this server does not serve. */
export function parseTarget({ path }: ApiRequest, kinds: Kinds): Target {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const isCore = parts[0] === 'api';
  if (!isCore && parts[0] !== 'apis') throw noSuchPath();
  const [group = '', version = ''] = isCore ? ['', parts[1]] : parts.slice(1, 3);
  const rest = parts.slice(isCore ? 2 : 3);
  const inNamespace =
    rest[0] === 'namespaces' && rest.length > 2 && kinds.has(kindKey(group, version, rest[2] ?? ''));
  const namespace = inNamespace ? rest[1] : undefined;
  const [plural = '', name, subresource, ...more] = inNamespace ? rest.slice(2) : rest;
  const kind = kinds.get(kindKey(group, version, plural));
  if (kind === undefined || more.length > 0) throw noSuchPath();
  if (subresource !== undefined && (subresource !== 'status' || !kind.hasStatus)) throw noSuchPath();
  if (kind.resource.namespaced !== (namespace !== undefined) && name !== undefined) throw noSuchPath();
  return { kind, namespace, name, subresource };
}
