import { canonicalJson } from '../../api/canonical.ts';
import type { KubeObject, OwnerReference } from '../../api/object-meta.ts';
import type { PodSpec } from '../pods/pod-template.ts';
import { templateOfPod } from './template-of-pod.ts';

/** What is read of a pod that `spec.adopt` matches; it is not in the watch, because it has none of our labels yet. */
export interface AdoptablePod {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly ownerReferences: readonly OwnerReference[];
  /** Undefined where no scheduler has given it a place. */
  readonly node: string | undefined;
  readonly deleting: boolean;
  /** Failed or Succeeded: an evicted pod is left behind so. */
  readonly ended: boolean;
  /** Pods that are alike share one. */
  readonly template: PodSpec;
}

/** The answer to an AdoptableNeed. */
export interface Adoptable {
  readonly selector: string;
  readonly pods: readonly AdoptablePod[];
  /** Ms since the epoch. */
  readonly at: number;
  /** How often it was asked, this time included. */
  readonly tries: number;
  /** Asked in this pass. */
  readonly fresh: boolean;
}

interface RawPod extends KubeObject {
  readonly spec?: PodSpec & { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
}

/** A fleet of a thousand such pods has one template, and keeps it once. */
export function adoptablePods(raws: readonly KubeObject[]): readonly AdoptablePod[] {
  const templates = new Map<string, PodSpec>();
  return raws.map((raw) => {
    const { metadata, spec, status } = raw as RawPod;
    const template = templateOfPod(spec ?? { containers: [] });
    const text = canonicalJson(template);
    templates.set(text, templates.get(text) ?? template);
    return {
      name: metadata.name,
      uid: metadata.uid ?? '',
      resourceVersion: metadata.resourceVersion ?? '',
      labels: metadata.labels ?? {},
      annotations: metadata.annotations ?? {},
      ownerReferences: metadata.ownerReferences ?? [],
      node: spec?.nodeName || undefined,
      deleting: metadata.deletionTimestamp !== undefined,
      ended: status?.phase === 'Failed' || status?.phase === 'Succeeded',
      template: templates.get(text) ?? template,
    };
  });
}
