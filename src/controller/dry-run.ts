import type { DryRunNeed } from '../core/decision.ts';
import type { Acceptance } from '../core/observed.ts';
import { type ApiFailure, isApiFailure } from './ports/api-failure.ts';
import type { ClusterWriter } from './ports/cluster-writer.ts';

type Answer =
  | { readonly kind: 'Taken' }
  | { readonly kind: 'Refused'; readonly message: string }
  | { readonly kind: 'Unknown'; readonly message: string };

/**
 * Asks the API server what it thinks of a revision's pods, one of each variant, without making any. A refusal
 * outweighs what could not be found out, the first variant in the order written comes first.
 *
 * @param tries how often the revision was tried before
 */
export async function tryRevision(
  writer: Pick<ClusterWriter, 'tryPod'>,
  namespace: string,
  need: DryRunNeed,
  tries: number,
  now: () => number,
): Promise<Acceptance> {
  const answers = await Promise.all(
    need.pods.map(async ({ variant, pod }) => ({ variant, answer: await tryPod(writer, namespace, pod) })),
  );
  for (const kind of ['Refused', 'Unknown'] as const) {
    const found = answers.find(({ answer }) => answer.kind === kind);
    if (found !== undefined && found.answer.kind !== 'Taken') {
      return {
        status: kind,
        variant: found.variant,
        message: found.answer.message,
        at: now(),
        tries: tries + 1,
      };
    }
  }
  if (need.prefetch !== undefined) {
    const answer = await tryPod(writer, namespace, need.prefetch);
    if (answer.kind === 'Refused')
      return { status: 'PrefetchUnavailable', message: answer.message, at: now() };
    if (answer.kind === 'Unknown') {
      return { status: 'Unknown', variant: 'prefetch', message: answer.message, at: now(), tries: tries + 1 };
    }
  }
  return { status: 'Accepted', at: now() };
}

async function tryPod(
  writer: Pick<ClusterWriter, 'tryPod'>,
  namespace: string,
  pod: DryRunNeed['pods'][number]['pod'],
): Promise<Answer> {
  try {
    await writer.tryPod(namespace, pod);
    return { kind: 'Taken' };
  } catch (error) {
    if (!isApiFailure(error)) throw error;
    // Only what was found to be valid gets as far as a clash of names.
    if (error.code === 'alreadyExists') return { kind: 'Taken' };
    return { kind: isFaultOfPod(error) ? 'Refused' : 'Unknown', message: error.serverMessage };
  }
}

/** Whether the same pod would be refused again tomorrow; a proxy's 400 in words of its own says nothing about the pod. */
export function isFaultOfPod(failure: ApiFailure): boolean {
  if (isPodSecurity(failure)) return true;
  return (failure.status === 400 || failure.status === 422) && !failure.reason.startsWith('Http');
}

/** Pod Security Admission says it in the message alone. */
export function isPodSecurity(failure: ApiFailure): boolean {
  return failure.status === 403 && failure.serverMessage.includes('violates PodSecurity');
}
