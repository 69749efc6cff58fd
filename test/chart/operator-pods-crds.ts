import { GROUP } from '../../src/api/names.ts';
import { CUSTOM_RESOURCES } from '../../src/api/resource.ts';
import { releaseObjects } from '../api/release-objects.ts';
import { eventually } from '../operator/real-cluster.ts';
import type { RealParts } from '../setup/describe-real.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Takes our CRDs off the cluster with all objects of them, as if nobody had ever installed Outrigger. */
export async function removeCrds({ call }: RealParts): Promise<void> {
  // No operator is left that could do this.
  await releaseObjects(call);
  for (const { plural } of CUSTOM_RESOURCES) {
    const name = `${plural}.${GROUP}`;
    const found = await call('GET', `${DEFINITIONS}/${name}`);
    if (found.status === 404) continue;
    await call('DELETE', `${DEFINITIONS}/${name}`);
    await eventually(
      `${name} is gone`,
      async () => (await call('GET', `${DEFINITIONS}/${name}`)).status,
      (status) => status === 404,
    );
  }
}
