import { GROUP } from '../../api/names.ts';
import type { EdgeModel } from '../../api/edge-model.ts';
import { cohortName } from '../cohort/cohort-name.ts';
import type { Action } from '../decision.ts';
import type { Observed } from '../observed.ts';
import { podOwner } from '../pods/owner.ts';
import { podLabels } from '../pods/serve-pod.ts';
import { controllerRevision, markAnnotations } from '../revision/controller-revision.ts';
import { ADOPTED } from './adopted-revision.ts';
import type { AdoptionStep } from './adoption.ts';

/**
 * Revision 0 is stored, with its mark, before the first pod is labelled. A pod is labelled and owned in one write, so
 * that it is either as it was or ours.
 */
export function adoptActions(
  observed: Observed,
  model: EdgeModel,
  { revision, stored, pods }: Extract<AdoptionStep, { kind: 'Take' }>,
  cohortsBy: readonly string[],
): Action[] {
  const { hash, content, ordinal, first, promoted } = revision;
  const object = controllerRevision(model, hash, content, ordinal, first);
  const metadata = { ...object.metadata, annotations: markAnnotations({ promoted }) };
  const nodes = new Map(observed.nodes.map((node) => [node.name, node]));
  const [variant = { name: ADOPTED }] = content.variants;
  return [
    ...(stored ? [] : [{ kind: 'CreateRevision' as const, object: { ...object, metadata } }]),
    ...pods.flatMap((pod): Action[] => {
      const node = nodes.get(pod.node ?? '');
      if (node === undefined) return [];
      const cohort = cohortName(variant.name, cohortsBy, node.labels);
      const ours = podLabels({ model, revision: hash, content, variant, cohort, node }, 'serve');
      // What selects the pod today goes on doing so: of the shared labels those are added that are not there.
      const labels = Object.fromEntries(
        Object.entries(ours).filter(([key]) => key.startsWith(`${GROUP}/`) || pod.labels[key] === undefined),
      );
      const others = pod.ownerReferences.filter(({ controller }) => controller !== true);
      return [
        {
          kind: 'AdoptPod',
          name: pod.name,
          uid: pod.uid,
          resourceVersion: pod.resourceVersion,
          node: node.name,
          labels,
          ownerReferences: [...others, podOwner(model, node)],
        },
      ];
    }),
  ];
}
