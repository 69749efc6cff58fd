import type { ApiRequest } from './least-privilege-client.ts';
import { NEIGHBOUR, SECRET } from './least-privilege-life.ts';

export interface Places {
  /** Of the release. */
  readonly system: string;
  /** Of the models; in namespace mode the same. */
  readonly vision: string;
  /** Of somebody else. */
  readonly elsewhere: string;
}

type Refused = readonly [what: string, request: (places: Places) => ApiRequest];

const MERGE = 'application/merge-patch+json';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const MODELS = '/apis/outrigger.dev/v1alpha1';
const NODE_LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const NODE = '/api/v1/nodes/edge-orin-01';

/** Requests that an administrator may make, tried without effect; the operator is refused each. */
export const REFUSED: readonly Refused[] = [
  ['label a node', () => patch(NODE, { metadata: { labels: { hers: 'too' } } })],
  ['cordon a node', () => patch(NODE, { spec: { unschedulable: true } })],
  ['write the status of a node', () => patch(`${NODE}/status`, { status: { phase: 'Running' } })],
  ['delete a node', () => remove(NODE)],
  ['speak to a kubelet', () => get(`${NODE}/proxy/`)],
  ['read one node by its name', () => get(NODE)],

  [
    'read a Secret that is not listed',
    ({ vision }) => get(`/api/v1/namespaces/${vision}/secrets/${NEIGHBOUR}`),
  ],
  [
    'read a Secret of that name elsewhere',
    ({ elsewhere }) => get(`/api/v1/namespaces/${elsewhere}/secrets/${SECRET}`),
  ],
  ['list Secrets', ({ vision }) => get(`/api/v1/namespaces/${vision}/secrets`)],
  ['list all Secrets', () => get('/api/v1/secrets')],
  [
    'list the Secret by its name',
    ({ vision }) => get(`/api/v1/namespaces/${vision}/secrets?fieldSelector=metadata.name%3D${NEIGHBOUR}`),
  ],
  [
    'change a listed Secret',
    ({ vision }) => patch(`/api/v1/namespaces/${vision}/secrets/${SECRET}`, { data: {} }),
  ],

  [
    'make a ClusterRole',
    () =>
      post(`${RBAC}/clusterroles`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'more' },
        rules: [],
      }),
  ],
  [
    'widen its own Role',
    ({ system }) => patch(`${RBAC}/namespaces/${system}/roles/outrigger`, { rules: [] }),
  ],
  [
    'bind itself to cluster-admin',
    () =>
      post(`${RBAC}/clusterrolebindings`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'more' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [],
      }),
  ],
  [
    'impersonate',
    () => ({
      ...get('/api/v1/namespaces'),
      headers: { 'impersonate-user': 'admin', 'impersonate-group': 'system:masters' },
    }),
  ],
  [
    'have a token of another ServiceAccount',
    ({ system }) => post(`/api/v1/namespaces/${system}/serviceaccounts/default/token`, tokenRequest),
  ],
  [
    'have another token of its own',
    ({ system }) => post(`/api/v1/namespaces/${system}/serviceaccounts/outrigger/token`, tokenRequest),
  ],

  [
    'run a command in a pod',
    ({ vision }) => ({
      method: 'POST',
      path: `/api/v1/namespaces/${vision}/pods/any/exec?command=id&stdout=true`,
    }),
  ],
  ['read the log of a pod', ({ vision }) => get(`/api/v1/namespaces/${vision}/pods/any/log`)],
  [
    'add a container to a pod',
    ({ vision }) => patch(`/api/v1/namespaces/${vision}/pods/any/ephemeralcontainers`, {}),
  ],
  ['write the status of a pod', ({ vision }) => patch(`/api/v1/namespaces/${vision}/pods/any/status`, {})],
  [
    'evict a pod',
    ({ vision }) =>
      post(`/api/v1/namespaces/${vision}/pods/any/eviction`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: 'any' },
      }),
  ],
  ['delete all pods at once', ({ vision }) => remove(`/api/v1/namespaces/${vision}/pods`)],

  ['make an EdgeModel', ({ vision }) => post(`${MODELS}/namespaces/${vision}/edgemodels`, {})],
  ['delete an EdgeModel', ({ vision }) => remove(`${MODELS}/namespaces/${vision}/edgemodels/any`)],
  ['replace an EdgeModel', ({ vision }) => put(`${MODELS}/namespaces/${vision}/edgemodels/any`)],
  [
    'change the spec of an EdgeRollout',
    ({ vision }) => patch(`${MODELS}/namespaces/${vision}/edgerollouts/any`, { spec: { paused: true } }),
  ],
  [
    'approve for a person',
    ({ vision }) =>
      patch(`${MODELS}/namespaces/${vision}/edgerollouts/any`, {
        metadata: { annotations: { 'outrigger.dev/approve': 'a.1/b' } },
      }),
  ],
  ['delete an EdgeRollout', ({ vision }) => remove(`${MODELS}/namespaces/${vision}/edgerollouts/any`)],

  [
    'take the Lease of another',
    ({ system }) => patch(`/apis/coordination.k8s.io/v1/namespaces/${system}/leases/other`, {}),
  ],
  [
    'read the Lease of another',
    () => get('/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager'),
  ],
  ['list the Leases of nodes', () => get(NODE_LEASES)],
  [
    'renew the Lease of a node',
    () => patch(`${NODE_LEASES}/edge-orin-01`, { spec: { leaseTransitions: 1 } }),
  ],
  ['delete the Lease of a node', () => remove(`${NODE_LEASES}/edge-orin-01`)],
  [
    'delete its own Lease',
    ({ system }) => remove(`/apis/coordination.k8s.io/v1/namespaces/${system}/leases/outrigger`),
  ],
  ['read events', ({ vision }) => get(`/api/v1/namespaces/${vision}/events`)],
  ['list namespaces', () => get('/api/v1/namespaces')],
  ['list Deployments', () => get('/apis/apps/v1/deployments')],
  ['list DaemonSets', () => get('/apis/apps/v1/daemonsets')],
  ['list volume claims', () => get('/api/v1/persistentvolumeclaims')],
  [
    'read a CRD',
    () => get('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/edgemodels.outrigger.dev'),
  ],
  ['list admission policies', () => get('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies')],
  ["read the API server's metrics", () => get('/metrics')],
];

/** In namespace mode also all that it may do in its own. */
export const REFUSED_ELSEWHERE: readonly Refused[] = [
  ['list pods', ({ elsewhere }) => get(`/api/v1/namespaces/${elsewhere}/pods`)],
  ['list pods of all namespaces', () => get('/api/v1/pods')],
  ['read a pod', ({ elsewhere }) => get(`/api/v1/namespaces/${elsewhere}/pods/any`)],
  ['make a pod', ({ elsewhere }) => post(`/api/v1/namespaces/${elsewhere}/pods`, {})],
  ['delete a pod', ({ elsewhere }) => remove(`/api/v1/namespaces/${elsewhere}/pods/any`)],
  [
    'read a ConfigMap',
    () => get('/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication'),
  ],
  ['make a Service', ({ elsewhere }) => post(`/api/v1/namespaces/${elsewhere}/services`, {})],
  ['list EdgeModels of all namespaces', () => get(`${MODELS}/edgemodels`)],
  [
    'write the status of an EdgeModel',
    ({ elsewhere }) => put(`${MODELS}/namespaces/${elsewhere}/edgemodels/any/status`),
  ],
  ['tell an event', ({ elsewhere }) => post(`/api/v1/namespaces/${elsewhere}/events`, {})],
  [
    'make a Lease',
    ({ elsewhere }) => post(`/apis/coordination.k8s.io/v1/namespaces/${elsewhere}/leases`, {}),
  ],
];

const tokenRequest = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };

function get(path: string): ApiRequest {
  return { method: 'GET', path };
}

function patch(path: string, body: unknown): ApiRequest {
  return { method: 'PATCH', path: `${path}?dryRun=All`, body, contentType: MERGE };
}

function post(path: string, body: unknown): ApiRequest {
  return { method: 'POST', path: `${path}?dryRun=All`, body };
}

function put(path: string): ApiRequest {
  return { method: 'PUT', path: `${path}?dryRun=All`, body: {} };
}

function remove(path: string): ApiRequest {
  return { method: 'DELETE', path: `${path}?dryRun=All` };
}
