import { parseQuantity } from '../../api/quantity.ts';
import type { ContainerSpec, Pod } from './pod.ts';

/** Amounts by resource name, in base units (cores, bytes, devices). */
export type Amounts = Readonly<Record<string, number>>;

export function amounts(quantities: Readonly<Record<string, string>> = {}): Amounts {
  return Object.fromEntries(
    Object.entries(quantities).map(([name, value]) => [name, parseQuantity(value) ?? 0]),
  );
}

/**
 * What a pod asks of its node: the sum over its containers and sidecars, or what the largest init container
 * needs where that is more. Every pod takes one of `pods`.
 */
export function requestsOf(pod: Pod): Amounts {
  const init = pod.spec.initContainers ?? [];
  const running = [...pod.spec.containers, ...init.filter(isSidecar)].map(requestsOfContainer);
  const total = running.reduce<Amounts>(plus, { pods: 1 });
  return init
    .filter((each) => !isSidecar(each))
    .map(requestsOfContainer)
    .reduce<Amounts>(larger, total);
}

export function isSidecar(container: ContainerSpec): boolean {
  return container.restartPolicy === 'Always';
}

export function plus(left: Amounts, right: Amounts): Amounts {
  const sum: Record<string, number> = { ...left };
  for (const [name, value] of Object.entries(right)) sum[name] = (sum[name] ?? 0) + value;
  return sum;
}

/** Devices and the like: whatever is counted under a domain of its own. */
export function isExtended(resource: string): boolean {
  return resource.includes('/') && !resource.startsWith('kubernetes.io/');
}

function requestsOfContainer(container: ContainerSpec): Amounts {
  // A limit without a request is the request too; the API server sees to it for the rest.
  return amounts({ ...container.resources?.limits, ...container.resources?.requests });
}

function larger(left: Amounts, right: Amounts): Amounts {
  const result: Record<string, number> = { ...left };
  for (const [name, value] of Object.entries(right)) result[name] = Math.max(result[name] ?? 0, value);
  return result;
}
