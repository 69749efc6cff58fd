import { LABEL } from '../api/names.ts';
import type { KubeObject } from '../api/object-meta.ts';
import type { Action } from '../core/decision.ts';
import { isFaultOfPod, isPodSecurity } from './dry-run.ts';
import { type ApiFailure, isApiFailure } from './ports/api-failure.ts';
import type { ClusterWriter } from './ports/cluster-writer.ts';

type CreatePod = Extract<Action, { readonly kind: 'CreatePod' }>;

export type Creation =
  | { readonly kind: 'Created' }
  /** It is there already and ours: somebody (we, before a lost answer, or another operator) was faster. */
  | { readonly kind: 'Seen' }
  /** Its predecessor of the same name is still on its way out, or the answer came from behind. */
  | { readonly kind: 'Wait' }
  /** `reach`: whether another pod would fare the same. */
  | {
      readonly kind: 'Refused';
      readonly code: string;
      readonly message: string;
      readonly reach: 'pod' | 'variant' | 'all';
    };

/** Creates one pod. Errors: throws for what is no answer about this pod (conflict, no connection, a server in trouble). */
export async function createPod(
  writer: Pick<ClusterWriter, 'createPod' | 'readPod'>,
  namespace: string,
  action: CreatePod,
): Promise<Creation> {
  try {
    await writer.createPod(namespace, action);
    return { kind: 'Created' };
  } catch (error) {
    if (!isApiFailure(error)) throw error;
    if (error.code === 'alreadyExists') return existing(writer, namespace, action.pod);
    return refusal(error);
  }
}

/** AlreadyExists is never success: the bearer of the name may be anybody's, or dying. */
async function existing(
  writer: Pick<ClusterWriter, 'readPod'>,
  namespace: string,
  wanted: KubeObject,
): Promise<Creation> {
  const found = await writer.readPod(namespace, wanted.metadata.name);
  if (found === undefined) return { kind: 'Wait' };
  const difference = foreign(found, wanted);
  if (difference !== undefined) {
    return {
      kind: 'Refused',
      code: 'ForeignPod',
      message: `pod ${namespace}/${wanted.metadata.name} stands in the way: ${difference}; delete it, or give the model another name`,
      reach: 'pod',
    };
  }
  return { kind: found.metadata.deletionTimestamp === undefined ? 'Seen' : 'Wait' };
}

/** Why the pod that is there is not the one that was wanted; undefined where it is. */
function foreign(found: KubeObject, wanted: KubeObject): string | undefined {
  const owner = found.metadata.ownerReferences?.find((each) => each.controller === true);
  const ours = wanted.metadata.ownerReferences?.find((each) => each.controller === true);
  if (owner?.uid !== ours?.uid) {
    return owner === undefined
      ? 'it has no owner'
      : `it belongs to ${owner.kind} ${owner.name} (uid ${owner.uid})`;
  }
  const different = [LABEL.model, LABEL.revision, LABEL.variant, LABEL.role].find(
    (label) => found.metadata.labels?.[label] !== wanted.metadata.labels?.[label],
  );
  if (different === undefined) return undefined;
  return `its label ${different} is ${found.metadata.labels?.[different] ?? 'gone'} instead of ${wanted.metadata.labels?.[different] ?? 'absent'}`;
}

function refusal(failure: ApiFailure): Creation {
  const message = failure.serverMessage;
  if (isPodSecurity(failure)) return { kind: 'Refused', code: 'PodSecurity', message, reach: 'variant' };
  if (failure.code === 'forbidden')
    return { kind: 'Refused', code: forbiddenCode(failure), message, reach: 'all' };
  if (isFaultOfPod(failure)) return { kind: 'Refused', code: 'Invalid', message, reach: 'variant' };
  throw failure;
}

/** The server has one status for all of these; its words tell them apart. */
function forbiddenCode(failure: ApiFailure): string {
  const words = failure.serverMessage;
  if (words.includes('exceeded quota') || words.includes('failed quota')) return 'QuotaExceeded';
  if (words.includes('is being terminated')) return 'NamespaceTerminating';
  if (words.includes('service account')) return 'ServiceAccountMissing';
  return 'Forbidden';
}
