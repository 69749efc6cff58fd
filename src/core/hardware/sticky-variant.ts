import type { Variant } from '../../api/variant.ts';
import type { NodeView } from '../views/node-view.ts';
import { resolveVariant, variantMismatch } from './variant-fit.ts';
import type { VariantFit } from './variant-fit.ts';

/** How long a running pod is left alone although the node now resolves to another variant. */
export const MISMATCH_TOLERANCE_MS = 10 * 60_000;

/** What runs on the node now. */
export interface Running {
  readonly revision: string;
  readonly variant: string;
}

/**
 * The variant of a revision for a node, bound to what runs there: discovery add-ons drop a label, and device
 * plugins their devices, for a minute at a time, and a serving model must not be stopped for that.
 *
 * @param mismatchedSince when the difference was first seen, ms; undefined where it is new
 * @returns `mismatch`: the difference is there and is being tolerated, remember since when
 */
export function stickyVariant(
  variants: readonly Variant[],
  revision: string,
  node: NodeView,
  running: Running | undefined,
  mismatchedSince: number | undefined,
  now: number,
): { readonly fit: VariantFit; readonly mismatch: boolean } {
  const fit = resolveVariant(variants, node);
  const current = running && variants.find(({ name }) => name === running.variant);
  if (current === undefined || (fit.fits && fit.variant.name === current.name))
    return { fit, mismatch: false };

  const lost = variantMismatch(current, node) !== undefined;
  // A better variant of another revision is what people asked for; one of the same revision may only flicker.
  if (!lost && running?.revision !== revision) return { fit, mismatch: false };
  if (mismatchedSince !== undefined && now - mismatchedSince >= MISMATCH_TOLERANCE_MS)
    return { fit, mismatch: true };
  return { fit: { fits: true, variant: current, refusals: [] }, mismatch: true };
}
