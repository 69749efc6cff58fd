import { LABEL, MANAGED_BY } from '../../api/names.ts';
import type { EdgeModel } from '../../api/edge-model.ts';
import type { KubeObject } from '../../api/object-meta.ts';
import type { Revision } from '../revision/revision.ts';
import { partOwner } from './owner.ts';
import { configMapName } from './serve-pod.ts';

/** The revision's config files: one immutable ConfigMap each, so that going back brings the old files back too. */
export function configMap(
  model: EdgeModel,
  revision: Revision,
): KubeObject & { readonly data: unknown; readonly immutable: true } {
  const owner = partOwner(model);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: configMapName(model, revision.hash),
      namespace: model.metadata.namespace ?? '',
      labels: {
        [LABEL.managedBy]: MANAGED_BY,
        [LABEL.model]: model.metadata.name,
        [LABEL.revision]: revision.hash,
        [LABEL.role]: 'config',
      },
      ...(owner === undefined ? {} : { ownerReferences: [owner] }),
    },
    immutable: true,
    data: revision.content.config ?? {},
  };
}
