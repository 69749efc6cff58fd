import type { KubeObject } from '../../api/object-meta.ts';

/** Whether `a` is an earlier state than `b` of the same object. Versions of one object are ordered numbers. */
export function isOlder(a: KubeObject, b: KubeObject): boolean {
  return Number(a.metadata.resourceVersion ?? 0) < Number(b.metadata.resourceVersion ?? 0);
}
