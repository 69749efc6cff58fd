import { canonicalJson } from '../api/canonical.ts';
import { LABEL } from '../api/names.ts';
import type { KubeObject, ObjectMeta } from '../api/object-meta.ts';
import type { NodeView } from '../core/views/node-view.ts';
import { modelKey } from './model-key.ts';
import type { ClusterChange } from './ports/cluster-view.ts';

/** The keys of the models that a change may matter to. What the core does not read wakes nothing. */
export function affectedModels(
  change: ClusterChange,
  models: () => readonly KubeObject[],
): readonly string[] {
  switch (change.kind) {
    case 'EdgeModel':
      return both(change, ({ metadata }) => modelKey(metadata.namespace ?? '', metadata.name));
    case 'EdgeRollout':
      return both(change, (rollout) => {
        const name = referencedModel(rollout);
        return name === undefined ? undefined : modelKey(rollout.metadata.namespace ?? '', name);
      });
    case 'Pod':
      return isSame(change) ? [] : both(change, ofLabel);
    case 'Part':
      return both(change, ofLabel);
    case 'Node':
      return isSame(change) ? [] : selecting(change, models());
  }
}

/** `spec.modelRef.name`, where it can be read. */
export function referencedModel(rollout: KubeObject): string | undefined {
  const spec = 'spec' in rollout ? rollout.spec : undefined;
  const { modelRef } = (spec ?? {}) as { readonly modelRef?: { readonly name?: unknown } | null };
  return typeof modelRef?.name === 'string' ? modelRef.name : undefined;
}

function both<T>(
  change: { readonly old: T | undefined; readonly new: T | undefined },
  key: (of: T) => string | undefined,
) {
  const keys = [change.old, change.new].flatMap((each) => (each === undefined ? [] : (key(each) ?? [])));
  return [...new Set(keys)];
}

function ofLabel({ namespace, labels }: Pick<ObjectMeta, 'namespace' | 'labels'>): string | undefined {
  const name = labels?.[LABEL.model];
  return name === undefined ? undefined : modelKey(namespace ?? '', name);
}

/** A heartbeat, or a change of what the projection left out. */
function isSame(change: { readonly old: unknown; readonly new: unknown }): boolean {
  if (change.old === undefined || change.new === undefined) return false;
  return canonicalJson(change.old) === canonicalJson(change.new);
}

/** Every model that the node was or is eligible for; one that has lost a node has to learn of it too. */
function selecting(
  change: { readonly old: NodeView | undefined; readonly new: NodeView | undefined },
  models: readonly KubeObject[],
): readonly string[] {
  return models
    .filter((model) => [change.old, change.new].some((node) => node !== undefined && selects(model, node)))
    .map(({ metadata }) => modelKey(metadata.namespace ?? '', metadata.name));
}

/** A selector that cannot be read selects everything: better one pass too many than a model that is not told. */
function selects(model: KubeObject, node: NodeView): boolean {
  const spec = 'spec' in model ? model.spec : undefined;
  const { nodeSelector } = (spec ?? {}) as { readonly nodeSelector?: unknown };
  if (typeof nodeSelector !== 'object' || nodeSelector === null) return true;
  return Object.entries(nodeSelector).every(([key, value]) => node.labels[key] === value);
}
