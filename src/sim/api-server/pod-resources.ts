import { compareQuantity, parseQuantity } from '../../api/quantity.ts';
import { badRequest } from './api-status.ts';
import { type FieldError, invalid, required } from './field-error.ts';
import { type ApiObject, type Fields, listOf, recordOf } from './json.ts';

const STANDARD = new Set(['cpu', 'memory', 'ephemeral-storage', 'storage', 'pods']);

/** Quantities as text, which is how they are kept. Errors: 400 for what is none. */
export function decodePodQuantities(pod: ApiObject): void {
  const spec = pod.spec ?? {};
  for (const field of ['containers', 'initContainers'] as const) {
    if (spec[field] === undefined) continue;
    if (!Array.isArray(spec[field])) {
      throw undecodable(
        `json: cannot unmarshal into Go struct field PodSpec.spec.${field} of type []v1.Container`,
      );
    }
    for (const container of spec[field]) decodeContainer(recordOf(container));
  }
}

function decodeContainer(container: Fields): void {
  const resources = recordOf(container['resources']);
  for (const list of ['requests', 'limits'] as const) {
    const quantities = recordOf(resources[list]);
    for (const [name, value] of Object.entries(quantities)) {
      const isQuantity =
        (typeof value === 'string' || typeof value === 'number') && parseQuantity(value) !== undefined;
      if (!isQuantity) {
        throw undecodable(
          "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
      }
      quantities[name] = String(value);
    }
  }
}

function undecodable(problem: string): Error {
  return badRequest(`Pod in version "v1" cannot be handled as a Pod: ${problem}`);
}

/** Errors in the requests and limits of one container. */
export function resourceErrors(container: Fields, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const resources = recordOf(container['resources']);
  const limits = recordOf(resources['limits']);
  const requests = recordOf(resources['requests']);
  for (const [list, quantities] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, value] of Object.entries(quantities)) {
      const way = `${field}.resources.${list}[${name}]`;
      if (!isKnownResource(name)) {
        errors.push(invalid(way, name, 'must be a standard resource type or fully qualified'));
        errors.push(invalid(way, name, 'must be a standard resource for containers'));
      }
      if (compareQuantity(String(value), 0) < 0)
        errors.push(invalid(way, value, 'must be greater than or equal to 0'));
      if (isExtended(name) && !Number.isInteger(parseQuantity(String(value)))) {
        errors.push(invalid(way, value, 'must be an integer'));
      }
    }
  }
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined) {
      if (isExtended(name))
        errors.push(
          required(`${field}.resources.limits`, 'Limit must be set for non overcommitable resources'),
        );
      continue;
    }
    const order = compareQuantity(String(request), String(limit));
    const problem = isExtended(name)
      ? order !== 0 && `must be equal to ${name} limit of ${String(limit)}`
      : order > 0 && `must be less than or equal to ${name} limit of ${String(limit)}`;
    if (problem !== false) errors.push(invalid(`${field}.resources.requests`, request, problem));
  }
  return errors;
}

function isKnownResource(name: string): boolean {
  return STANDARD.has(name) || name.startsWith('hugepages-') || name.includes('/');
}

/** Devices and hugepages, which cannot be promised twice. */
function isExtended(name: string): boolean {
  return name.includes('/') || name.startsWith('hugepages-');
}

/** A limit without a request is also the request. */
export function requestWhatIsLimited(container: Fields): void {
  const resources = recordOf(container['resources']);
  const limits = recordOf(resources['limits']);
  if (Object.keys(limits).length === 0) return;
  container['resources'] = { ...resources, requests: { ...limits, ...recordOf(resources['requests']) } };
}

export function qosClass(spec: Fields): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...listOf(spec['containers']), ...listOf(spec['initContainers'])].map((container) => {
    const resources = recordOf(recordOf(container)['resources']);
    return { limits: recordOf(resources['limits']), requests: recordOf(resources['requests']) };
  });
  const names = ['cpu', 'memory'];
  const asks = ({ limits, requests }: (typeof containers)[number]): boolean =>
    names.some((name) => limits[name] !== undefined || requests[name] !== undefined);
  const isBound = ({ limits, requests }: (typeof containers)[number]): boolean =>
    names.every(
      (name) =>
        limits[name] !== undefined &&
        compareQuantity(String(limits[name]), String(requests[name] ?? 0)) === 0,
    );
  if (!containers.some(asks)) return 'BestEffort';
  return containers.every(isBound) ? 'Guaranteed' : 'Burstable';
}
