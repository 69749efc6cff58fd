import type { Variant } from '../../api/variant.ts';
import { parseQuantity } from '../../api/quantity.ts';
import { expressionMismatch, selectorMismatch } from './node-selector.ts';
import type { NodeView } from '../views/node-view.ts';

/** Labels that no discovery add-on takes away for a minute, and which may therefore bind a pod for good. */
const STABLE_LABELS = new Set(['kubernetes.io/arch', 'kubernetes.io/os']);

export interface Refusal {
  readonly variant: string;
  readonly message: string;
}

export type VariantFit =
  | { readonly fits: true; readonly variant: Variant; readonly refusals: readonly Refusal[] }
  | { readonly fits: false; readonly refusals: readonly Refusal[] };

/** The first variant, in the order written, that the node can hold, and why each one before it was refused. */
export function resolveVariant(variants: readonly Variant[], node: NodeView): VariantFit {
  const refusals: Refusal[] = [];
  for (const variant of variants) {
    const message = variantMismatch(variant, node);
    if (message === undefined) return { fits: true, variant, refusals };
    refusals.push({ variant: variant.name, message });
  }
  return { fits: false, refusals };
}

/** Undefined where the node can hold the variant. */
export function variantMismatch(variant: Variant, node: NodeView): string | undefined {
  const hardware = variant.hardware;
  if (hardware === undefined) return undefined;
  return (
    selectorMismatch(hardware.nodeSelector, node.labels) ??
    expressionMismatch(hardware.matchExpressions, node.labels) ??
    resourceMismatch(hardware.resources, node)
  );
}

/** The part of `hardware` that never flaps and goes into a Sticky pod's nodeSelector. */
export function stableSelector(variant: Variant): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variant.hardware?.nodeSelector ?? {}).filter(([key]) => STABLE_LABELS.has(key)),
  );
}

function resourceMismatch(
  resources: Readonly<Record<string, string | number>> | undefined,
  node: NodeView,
): string | undefined {
  for (const [name, wanted] of Object.entries(resources ?? {})) {
    const allocatable = node.allocatable[name];
    if (allocatable === undefined) return `resource ${name} is not allocatable there`;
    const have = parseQuantity(allocatable);
    const need = parseQuantity(String(wanted));
    if (have === undefined || need === undefined || have < need) {
      return `resource ${name}: ${wanted} wanted, ${allocatable} allocatable`;
    }
  }
  return undefined;
}
