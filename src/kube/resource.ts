import { GROUP, VERSION } from '../api/names.ts';

/** Where a kind lives in the API. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

function resource(group: string, version: string, plural: string, kind: string, namespaced = true): Resource {
  return { group, version, plural, kind, namespaced };
}

/** Every kind that Outrigger speaks of, and no more: this is also what its RBAC rules have to cover. */
export const RESOURCES = {
  edgeModels: resource(GROUP, VERSION, 'edgemodels', 'EdgeModel'),
  edgeRollouts: resource(GROUP, VERSION, 'edgerollouts', 'EdgeRollout'),
  nodes: resource('', 'v1', 'nodes', 'Node', false),
  pods: resource('', 'v1', 'pods', 'Pod'),
  services: resource('', 'v1', 'services', 'Service'),
  configMaps: resource('', 'v1', 'configmaps', 'ConfigMap'),
  secrets: resource('', 'v1', 'secrets', 'Secret'),
  controllerRevisions: resource('apps', 'v1', 'controllerrevisions', 'ControllerRevision'),
  leases: resource('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  events: resource('', 'v1', 'events', 'Event'),
  namespaces: resource('', 'v1', 'namespaces', 'Namespace', false),
  resourceQuotas: resource('', 'v1', 'resourcequotas', 'ResourceQuota'),
  serviceAccounts: resource('', 'v1', 'serviceaccounts', 'ServiceAccount'),
  customResourceDefinitions: resource(
    'apiextensions.k8s.io',
    'v1',
    'customresourcedefinitions',
    'CustomResourceDefinition',
    false,
  ),
} as const;

/** `v1`, or `group/version`. */
export function apiVersion(of: Resource): string {
  return of.group === '' ? of.version : `${of.group}/${of.version}`;
}

/**
 * The path of one object, or, without a name, of a collection. A namespaced kind without a namespace means
 * the collection of all namespaces. Names are encoded, so that one read from a spec cannot reach another path.
 *
 * Errors: throws where the arguments cannot name anything, which is a fault of the caller.
 */
export function resourcePath(of: Resource, namespace?: string, name?: string, subresource?: string): string {
  if (name === '' || (name !== undefined && of.namespaced && !namespace)) {
    throw new Error(`the path of one ${of.kind} needs a name${of.namespaced ? ' and a namespace' : ''}`);
  }
  const parts = [of.group === '' ? '/api' : `/apis/${of.group}`, of.version];
  if (of.namespaced && namespace) parts.push('namespaces', segment(namespace));
  parts.push(of.plural);
  if (name !== undefined) parts.push(segment(name));
  if (subresource !== undefined) parts.push(subresource);
  return parts.join('/');
}

function segment(text: string): string {
  // encodeURIComponent leaves dots alone, and a URL parser folds such segments away.
  if (text === '.' || text === '..') throw new Error(`"${text}" is not a name`);
  return encodeURIComponent(text);
}
