import { canonicalJson } from '../../api/canonical.ts';
import type { PodSpec } from '../pods/pod-template.ts';
import { listSome, reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { AdoptablePod } from './adoptable-pod.ts';

/**
 * Why pods cannot be one revision: an update of the DaemonSet was under way, or somebody's webhook gives each pod
 * something of its own. Undefined where all are of the template.
 *
 * @param groups pods by their template, the largest group first
 */
export function notAlike(
  template: PodSpec,
  groups: readonly (readonly AdoptablePod[])[],
  namespace: string,
): Reason | undefined {
  const wanted = canonicalJson(template);
  const others = groups.filter(([first]) => canonicalJson(first?.template) !== wanted);
  const odd = others[0]?.[0]?.template;
  if (odd === undefined) return undefined;
  const alike = groups.flat().filter((pod) => canonicalJson(pod.template) === wanted);
  const names = others.flat().map(({ name }) => name);
  const field = firstDifference(template, odd, 'spec') ?? 'spec';
  return reason(
    'AdoptMixed',
    `the pods that spec.adopt matches are not alike, first in ${field}: ${say(alike, template)}; ${others
      .map((pods) => say(pods, pods[0]?.template ?? template))
      .join('; ')}; ` +
      'nothing is taken over; correct the selector, or delete those that are to go, and their nodes get a pod like ' +
      `the others: kubectl delete pods --namespace ${namespace} ${listSome(names.toSorted(), 3).replaceAll(',', '')}`,
  );
}

function say(pods: readonly AdoptablePod[], { containers }: PodSpec): string {
  const images = containers.map(({ image }) => image ?? 'no image').join(' and ');
  const nodes = listSome(pods.map(({ node }) => node ?? '').toSorted(), 3);
  return pods.length === 0 ? `revision 0 runs ${images}` : `${images} on ${pods.length} (${nodes})`;
}

/** The path of a value that only one of the two has, or that differs. */
function firstDifference(a: unknown, b: unknown, path: string): string | undefined {
  if (canonicalJson(a) === canonicalJson(b)) return undefined;
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return path;
  for (const key of [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted()) {
    const found = firstDifference(a[key], b[key], Array.isArray(a) ? `${path}[${key}]` : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return path;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
