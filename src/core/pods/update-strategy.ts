import { MODEL_CONTAINER } from '../../api/pod-template.ts';
import type { Variant } from '../../api/variant.ts';
import type { RevisionContent } from '../revision/revision.ts';
import { isExtendedResource, variantTemplate } from './serve-pod.ts';

export type Strategy = 'Surge' | 'Replace';

/**
 * How a node goes from one revision to the next. Auto means Surge, the new pod beside the old one, unless the
 * node is known to hold only one of them. What cannot be known from the spec (a full node, a volume that one
 * pod holds) the scheduler says later: see `surgeRefused` in the node step.
 */
export function updateStrategy(
  wanted: 'Surge' | 'Replace' | 'Auto' | undefined,
  content: RevisionContent,
  variant: Variant,
): { readonly strategy: Strategy; readonly why: string } {
  if (wanted === 'Surge' || wanted === 'Replace')
    return { strategy: wanted, why: `updateStrategy is ${wanted}` };
  const why = replaceReason(content, variant);
  return why === undefined
    ? { strategy: 'Surge', why: 'nothing on the node is exclusive' }
    : { strategy: 'Replace', why };
}

function replaceReason(content: RevisionContent, variant: Variant): string | undefined {
  const { spec } = variantTemplate(content, variant);
  if (spec.hostNetwork === true) return 'the pod uses the host network';
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    if (container.ports?.some((port) => port.hostPort !== undefined))
      return `container ${container.name} has a hostPort`;
    const requests = {
      ...container.resources?.limits,
      ...container.resources?.requests,
      ...(container.name === MODEL_CONTAINER ? variant.hardware?.resources : {}),
    };
    const exclusive = Object.keys(requests).find(isExtendedResource);
    if (exclusive !== undefined) return `${exclusive} is exclusive`;
    const initial = spec.initContainers?.includes(container) === true;
    if (!initial && requests['memory'] === undefined) {
      return `container ${container.name} requests no memory, so two of it could push each other out`;
    }
  }
  for (const volume of spec.volumes ?? []) {
    if (volume.hostPath?.path.startsWith('/dev') === true) return `volume ${volume.name} is a host device`;
    if (JSON.stringify(volume['ephemeral'] ?? '').includes('ReadWriteOncePod'))
      return `volume ${volume.name} is ReadWriteOncePod`;
  }
  if (spec['priorityClassName'] !== undefined || spec['priority'] !== undefined) {
    return 'a pod with a priority could preempt the one that serves';
  }
  return undefined;
}
