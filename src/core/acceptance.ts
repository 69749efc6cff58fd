import { canonicalJson } from '../api/canonical.ts';
import type { EdgeModel } from '../api/edge-model.ts';
import { modelSettings } from '../api/model-settings.ts';
import type { DryRunNeed } from './decision.ts';
import type { Survey } from './fleet/survey.ts';
import { cohortName } from './cohort/cohort-name.ts';
import type { Observed } from './observed.ts';
import { prefetchPod } from './pods/prefetch-pod.ts';
import { servePod } from './pods/serve-pod.ts';
import { updateStrategy } from './pods/update-strategy.ts';
import { reason } from './reason.ts';
import type { Reason } from './reason.ts';
import type { RevisionContent } from './revision/revision.ts';

/** Whether the API server takes the pods of a revision that is not stored yet. */
export type AcceptanceStep =
  | { readonly kind: 'Accepted' }
  | { readonly kind: 'Need'; readonly need: DryRunNeed }
  | {
      readonly kind: 'Hold';
      readonly reason: Reason;
      readonly refused: boolean;
      readonly retryAt: number | undefined;
    };

/** Of the canonical JSON. etcd takes 1.5 MB an object; dozens of revisions are kept, and each pass reads them all. */
const MAX_REVISION_BYTES = 64 * 1024;

const RETRY_FROM_MS = 5_000;
const RETRY_TO_MS = 5 * 60_000;

export function acceptance(
  observed: Observed,
  model: EdgeModel,
  hash: string,
  content: RevisionContent,
  survey: Survey,
  now: number,
): AcceptanceStep {
  const files = content.variants.find(({ artifact }) => artifact?.files !== undefined);
  if (files !== undefined) {
    const message = `variant ${files.name}: artifact.files is not supported by this version of Outrigger yet; put the model into an OCI image and name it in artifact.image`;
    return { kind: 'Hold', reason: reason('FilesNotSupported', message), refused: true, retryAt: undefined };
  }
  const bytes = new TextEncoder().encode(canonicalJson(content)).length;
  if (bytes > MAX_REVISION_BYTES) {
    const message = `what makes up the revision (version, template, variants, tolerations, config, podLabelsFromNode) is ${Math.ceil(bytes / 1024)} KB of JSON, and at most 64 KB can be kept; put large files of config into the image or the artifact`;
    return { kind: 'Hold', reason: reason('RevisionTooLarge', message), refused: true, retryAt: undefined };
  }
  const known = observed.acceptance.get(hash);
  if (known === undefined) return { kind: 'Need', need: dryRun(observed, model, hash, content, survey, 0) };
  switch (known.status) {
    case 'Accepted':
      return { kind: 'Accepted' };
    case 'PrefetchUnavailable': {
      if (modelSettings(model.spec).updateStrategy !== 'Replace') return { kind: 'Accepted' };
      const message = `updateStrategy Replace fetches ahead by image volumes, which this cluster does not take (${known.message}); use Kubernetes 1.35 or newer, switch the feature gate ImageVolume on, or use Surge`;
      return {
        kind: 'Hold',
        reason: reason('PrefetchUnavailable', message),
        refused: true,
        retryAt: undefined,
      };
    }
    case 'Refused':
    case 'Unknown': {
      const due =
        known.at +
        Math.min(
          RETRY_TO_MS,
          known.status === 'Refused' ? RETRY_TO_MS : RETRY_FROM_MS * 2 ** Math.min(known.tries, 10),
        );
      if (now >= due)
        return { kind: 'Need', need: dryRun(observed, model, hash, content, survey, known.tries) };
      const code = known.status === 'Refused' ? 'PodRefused' : 'PodNotTried';
      return {
        kind: 'Hold',
        reason: reason(
          code,
          known.status === 'Refused'
            ? `the API server refuses the pod of variant ${known.variant}; correct spec.template or the variant's patch: ${known.message}`
            : `the pod of variant ${known.variant} could not be tried yet, and is tried again by itself: ${known.message}`,
        ),
        refused: known.status === 'Refused',
        retryAt: due,
      };
    }
  }
}

/** A pod of each variant, on a node that takes it where there is one, so that what is tried is what will be made. */
function dryRun(
  observed: Observed,
  model: EdgeModel,
  hash: string,
  content: RevisionContent,
  survey: Survey,
  tries: number,
): DryRunNeed {
  const podFor = (variant: (typeof content.variants)[number]) => {
    const node = survey.eligible.find(({ current }) => current?.variant.name === variant.name)?.node ?? {
      name: 'outrigger-dry-run',
      uid: 'outrigger-dry-run',
      labels: {},
    };
    return {
      model,
      revision: hash,
      content,
      variant,
      cohort: cohortName(variant.name, [], node.labels),
      node,
    };
  };
  const replaced = content.variants.find(
    (variant) => updateStrategy(model.spec.updateStrategy, content, variant).strategy === 'Replace',
  );
  return {
    kind: 'DryRun',
    revision: hash,
    pods: content.variants.map((variant) => ({ variant: variant.name, pod: servePod(podFor(variant)) })),
    prefetch: replaced && prefetchPod(podFor(replaced), observed.settings.pauseImage),
    tries,
  };
}
