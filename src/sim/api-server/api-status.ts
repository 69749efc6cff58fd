import type { Resource } from '../../kube/resource.ts';

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** A refusal, in the shape and words of a kube-apiserver: `body` is what goes over the wire. */
export class ApiStatus extends Error {
  override readonly name = 'ApiStatus';
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  body(): object {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

/** `pods`, or `edgemodels.outrigger.dev`. */
function qualified(of: Resource): string {
  return of.group === '' ? of.plural : `${of.plural}.${of.group}`;
}

/** Details name the plural as `kind`, as the server does for everything but validation. */
function detailsOf(of: Resource, name: string): StatusDetails {
  return { name, ...(of.group !== '' && { group: of.group }), kind: of.plural };
}

export function notFound(of: Resource, name: string): ApiStatus {
  return new ApiStatus(404, 'NotFound', `${qualified(of)} "${name}" not found`, detailsOf(of, name));
}

export function noSuchPath(): ApiStatus {
  return new ApiStatus(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(of: Resource, name: string): ApiStatus {
  return new ApiStatus(
    409,
    'AlreadyExists',
    `${qualified(of)} "${name}" already exists`,
    detailsOf(of, name),
  );
}

export function conflict(of: Resource, name: string, why: string): ApiStatus {
  const message = `Operation cannot be fulfilled on ${qualified(of)} "${name}": ${why}`;
  return new ApiStatus(409, 'Conflict', message, detailsOf(of, name));
}

export function staleWrite(of: Resource, name: string): ApiStatus {
  return conflict(
    of,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

export function forbidden(
  of: Resource,
  name: string,
  why: string,
  causes?: readonly StatusCause[],
): ApiStatus {
  const message = `${qualified(of)} "${name}" is forbidden: ${why}`;
  return new ApiStatus(403, 'Forbidden', message, { ...detailsOf(of, name), ...(causes && { causes }) });
}

export function badRequest(message: string): ApiStatus {
  return new ApiStatus(400, 'BadRequest', message);
}

export function unsupportedMediaType(message: string): ApiStatus {
  return new ApiStatus(415, 'UnsupportedMediaType', message);
}

export function methodNotAllowed(): ApiStatus {
  return new ApiStatus(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
  );
}

/** A resourceVersion that the history no longer reaches back to. */
export function tooOld(asked: number, oldest: number): ApiStatus {
  return new ApiStatus(410, 'Expired', `too old resource version: ${asked} (${oldest})`);
}

export function continueExpired(): ApiStatus {
  return new ApiStatus(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. ' +
      'You can start a new list without the continue parameter.',
  );
}
