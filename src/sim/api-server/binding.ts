import { RESOURCES } from '../../kube/resource.ts';
import type { ApiRequest } from '../../kube/transport.ts';
import { badRequest, conflict, notFound } from './api-status.ts';
import { copyOf, listOf, recordOf, textOf } from './json.ts';
import type { ObjectStore } from './object-store.ts';
import { kindKey } from './target.ts';

const PATH = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/binding$/;

/**
 * `POST pods/NAME/binding`, the one way in which a pod gets its node after creation: what schedulers do.
 * False for any other request. Errors: 404 and 409 as on the real server.
 */
export function bindPod(store: ObjectStore, request: ApiRequest): boolean {
  const match = request.method === 'POST' ? PATH.exec(request.path) : null;
  if (match === null) return false;
  const [namespace = '', name = ''] = match.slice(1).map(decodeURIComponent);
  const body = recordOf(request.body);
  const uid = textOf(recordOf(body['metadata'])['uid']);
  const node = textOf(recordOf(body['target'])['name']);
  if (node === '') throw badRequest('target.name: Required value');
  const kind = store.kinds.get(kindKey('', 'v1', 'pods'));
  const stored = kind && store.collection(kind).get(namespace, name);
  if (kind === undefined || stored === undefined) throw notFound(RESOURCES.pods, name);
  const refuse = (why: string) => conflict(RESOURCES.pods, name, why);
  const { metadata, spec } = stored.object;
  if (uid !== '' && uid !== metadata.uid) {
    throw refuse(
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid ?? ''}`,
    );
  }
  if (metadata.deletionTimestamp !== undefined) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  const there = textOf(spec?.['nodeName']);
  if (there !== '') throw refuse(`pod ${name} is already assigned to node "${there}"`);
  const next = copyOf(stored.object);
  const conditions = listOf(next.status?.['conditions']).filter(
    (condition) => recordOf(condition)['type'] !== 'PodScheduled',
  );
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: store.timestamp(),
  };
  next.spec = { ...next.spec, nodeName: node };
  next.status = { ...next.status, conditions: [...conditions, scheduled] };
  store.put(kind, next, stored.owners, stored);
  return true;
}
