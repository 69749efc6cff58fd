import { GROUP, VERSION } from '../../src/api/names.ts';
import { CUSTOM_RESOURCES } from '../../src/api/resource.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { eventually } from '../operator/real-cluster.ts';
import type { RealParts } from '../setup/describe-real.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Takes our CRDs off the cluster with all objects of them, as if nobody had ever installed Outrigger. */
export async function removeCrds({ call }: RealParts): Promise<void> {
  for (const { plural } of CUSTOM_RESOURCES) {
    const name = `${plural}.${GROUP}`;
    const found = await call('GET', `${DEFINITIONS}/${name}`);
    if (found.status === 404) continue;
    const { body } = await call('GET', `/apis/${GROUP}/${VERSION}/${plural}`);
    for (const { metadata } of (body['items'] ?? []) as readonly KubeObject[]) {
      // No operator is left that could take its finalizer off.
      const path = `/apis/${GROUP}/${VERSION}/namespaces/${metadata.namespace}/${plural}/${metadata.name}`;
      await call('PATCH', path, { metadata: { finalizers: null } }, 'application/merge-patch+json');
    }
    await call('DELETE', `${DEFINITIONS}/${name}`);
    await eventually(
      `${name} is gone`,
      async () => (await call('GET', `${DEFINITIONS}/${name}`)).status,
      (status) => status === 404,
    );
  }
}
