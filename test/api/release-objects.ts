import type { KubeObject } from '../../src/api/object-meta.ts';
import { GROUP, VERSION } from '../../src/api/names.ts';
import { CUSTOM_RESOURCES } from '../../src/api/resource.ts';
import type { Call } from './install-crds.ts';

/**
 * Takes the finalizers off our objects of one namespace, or of all: where a test has ended its operator nobody else
 * does, and what they hold up (a namespace, a CRD) would be deleted for ever.
 */
export async function releaseObjects(call: Call, namespace?: string): Promise<void> {
  for (const { plural } of CUSTOM_RESOURCES) {
    for (const { metadata } of await list(call, plural, namespace)) {
      if ((metadata.finalizers ?? []).length === 0) continue;
      const path = `/apis/${GROUP}/${VERSION}/namespaces/${metadata.namespace}/${plural}/${metadata.name}`;
      await call('PATCH', path, { metadata: { finalizers: null } }, 'application/merge-patch+json');
    }
  }
}

async function list(call: Call, plural: string, namespace?: string): Promise<readonly KubeObject[]> {
  const scope = namespace === undefined ? '' : `namespaces/${namespace}/`;
  try {
    const { body } = await call('GET', `/apis/${GROUP}/${VERSION}/${scope}${plural}`);
    return (body['items'] ?? []) as readonly KubeObject[];
  } catch (error) {
    // The "404 page not found" where the CRDs are not installed is no JSON.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
