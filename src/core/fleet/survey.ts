import type { Variant } from '../../api/variant.ts';
import { cohortName } from '../cohort/cohort-name.ts';
import { selectorMismatch } from '../hardware/node-selector.ts';
import { stickyVariant } from '../hardware/sticky-variant.ts';
import type { Toleration } from '../hardware/taints.ts';
import type { VariantFit } from '../hardware/variant-fit.ts';
import { isReachable, setAside } from '../node/reachability.ts';
import type { Reason } from '../reason.ts';
import { everPromoted, promotionOrder } from '../revision/revision.ts';
import type { Revision, RevisionContent } from '../revision/revision.ts';
import type { NodeView } from '../views/node-view.ts';
import type { PodView } from '../views/pod-view.ts';

/** A revision on one node. */
export interface Placement {
  readonly revision: string;
  readonly content: RevisionContent;
  readonly variant: Variant;
  readonly cohort: string;
}

/** One node that the model selects, seen through the spec's revision. */
export interface Surveyed {
  readonly node: NodeView;
  /** Can be reached, and has not only just come back without the spec's revision, so that it would have to begin. */
  readonly reachable: boolean;
  readonly setAside: Reason | undefined;
  /** The spec's revision there; undefined where no variant fits. */
  readonly current: Placement | undefined;
  readonly fit: VariantFit;
  /** The newest revision that is promoted in the node's cohort. */
  readonly stable: Placement | undefined;
  /** Another candidate that runs there, neither promoted nor rejected: it stays while nothing may be moved. */
  readonly tried: Placement | undefined;
  readonly pods: readonly PodView[];
}

export interface Survey {
  readonly eligible: readonly Surveyed[];
  /** Nodes that the model does not select (any more) but that hold pods of it. */
  readonly leaving: readonly { readonly node: NodeView; readonly pods: readonly PodView[] }[];
  /** By cohort name, under the spec's revision, in the order of the variants and then by name. */
  readonly cohorts: ReadonlyMap<string, readonly Surveyed[]>;
  /** Keys of hardware mismatches that are being tolerated. */
  readonly mismatched: readonly string[];
}

export interface SurveyInput {
  readonly revision: string;
  readonly content: RevisionContent;
  readonly nodeSelector: Readonly<Record<string, string>> | undefined;
  readonly cohortsBy: readonly string[];
  readonly nodes: readonly NodeView[];
  readonly pods: readonly PodView[];
  readonly revisions: readonly Revision[];
  readonly mismatchedSince: ReadonlyMap<string, number>;
}

export function survey(input: SurveyInput, now: number): Survey {
  const podsByNode = Map.groupBy(input.pods, (pod) => pod.node);
  const mismatched = new Set<string>();
  const eligible: Surveyed[] = [];
  const leaving: { node: NodeView; pods: readonly PodView[] }[] = [];
  const promoted = input.revisions.filter((revision) => revision.promoted !== undefined);
  const open = input.revisions.filter(
    (revision) =>
      revision.hash !== input.revision && !everPromoted(revision) && revision.rejected.length === 0,
  );

  for (const node of input.nodes) {
    const pods = podsByNode.get(node.name) ?? [];
    if (selectorMismatch(input.nodeSelector, node.labels) !== undefined) {
      if (pods.length > 0) leaving.push({ node, pods });
      continue;
    }
    const place = (hash: string, content: RevisionContent) => {
      const running =
        pods.find((pod) => pod.role === 'serve' && pod.revision === hash) ??
        pods.find((pod) => pod.role === 'serve');
      const key = `${node.name}/${hash}`;
      const { fit, mismatch } = stickyVariant(
        content.variants,
        hash,
        node,
        running,
        input.mismatchedSince.get(key),
        now,
      );
      if (mismatch) mismatched.add(key);
      const placement: Placement | undefined = fit.fits
        ? {
            revision: hash,
            content,
            variant: fit.variant,
            cohort: cohortName(fit.variant.name, input.cohortsBy, node.labels),
          }
        : undefined;
      return { fit, placement };
    };
    const current = place(input.revision, input.content);
    const tried = open.find(({ hash }) => runs(pods, hash));
    eligible.push({
      node,
      pods,
      reachable:
        isReachable(node) && (node.noticed?.unsteadyUntil === undefined || runs(pods, input.revision)),
      setAside: setAside(node, tolerationsOf(input.content)),
      current: current.placement,
      fit: current.fit,
      stable: newestPromoted(promoted, (revision) => place(revision.hash, revision.content).placement),
      tried: tried && place(tried.hash, tried.content).placement,
    });
  }

  const order = new Map(input.content.variants.map(({ name }, index) => [name, index]));
  const placed = eligible.filter((each) => each.current !== undefined);
  const cohorts = new Map(
    [...Map.groupBy(placed, (each) => each.current?.cohort ?? '')].toSorted(
      ([nameA, [a]], [nameB, [b]]) =>
        (order.get(a?.current?.variant.name ?? '') ?? 0) - (order.get(b?.current?.variant.name ?? '') ?? 0) ||
        (nameA < nameB ? -1 : 1),
    ),
  );
  return { eligible, leaving, cohorts, mismatched: [...mismatched].toSorted() };
}

function runs(pods: readonly PodView[], revision: string): boolean {
  return pods.some((pod) => pod.role === 'serve' && pod.revision === revision);
}

function newestPromoted(
  revisions: readonly Revision[],
  place: (revision: Revision) => Placement | undefined,
): Placement | undefined {
  let newest: { order: number; placement: Placement } | undefined;
  for (const revision of revisions) {
    const placement = place(revision);
    if (placement === undefined) continue;
    const order = promotionOrder(revision, placement.cohort);
    if (order > (newest?.order ?? 0)) newest = { order, placement };
  }
  return newest?.placement;
}

export function tolerationsOf(content: RevisionContent): readonly Toleration[] {
  const own = (content.template.spec as { readonly tolerations?: readonly Toleration[] }).tolerations ?? [];
  return [...own, ...(content.tolerations ?? [])];
}
