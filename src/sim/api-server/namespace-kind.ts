import { RESOURCES } from '../../kube/resource.ts';
import { kind, type Kind } from './kind.ts';

export function namespaceKind(): Kind {
  return kind(RESOURCES.namespaces, {
    hasStatus: true,
    nameRule: 'label',
    prepare(namespace, previous) {
      const { metadata } = namespace;
      metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
      if (previous) return;
      namespace.spec = { finalizers: ['kubernetes'] };
      namespace.status = { phase: 'Active' };
    },
  });
}
