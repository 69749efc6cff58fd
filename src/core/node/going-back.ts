import { rejection } from '../revision/revision.ts';
import type { Revision } from '../revision/revision.ts';
import type { NodeState } from './node-state.ts';

/** Whether the node runs a revision that was rejected there and is to leave it: nothing is more pressing. */
export function isGoingBack(
  { target, standing, targetPod }: Pick<NodeState, 'target' | 'standing' | 'targetPod'>,
  revisions: readonly Revision[],
): boolean {
  const runs = standing?.revision ?? targetPod?.revision;
  if (runs === undefined || runs === target?.revision) return false;
  const revision = revisions.find(({ hash }) => hash === runs);
  const last = revision?.rejected.at(-1);
  return (
    revision !== undefined &&
    last !== undefined &&
    rejection(revision, last.attempt, target?.cohort) !== undefined
  );
}
