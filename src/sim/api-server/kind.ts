import type { Resource } from '../../kube/resource.ts';
import type { FieldError } from './field-error.ts';
import type { FieldType } from './field-type.ts';
import type { ApiObject } from './json.ts';
import type { ObjectStore } from './object-store.ts';

/** What the server knows about one kind beyond what all objects share. */
export interface Kind {
  readonly resource: Resource;
  readonly hasStatus: boolean;
  /** A custom resource: a status write changes nothing else, and the generation counts every other change. */
  readonly isCustom: boolean;
  /** Whether metadata.generation is kept at all. */
  readonly hasGeneration: boolean;
  /** Whether an update may leave the resourceVersion out. */
  readonly allowsUnconditionalUpdate: boolean;
  /** Whether a POST keeps the status that it carries. */
  readonly keepsStatusOnCreate: boolean;
  /** Whether field owners are recorded from creation on, and not from the first apply; not for heartbeats. */
  readonly recordsOwners: boolean;
  readonly nameRule: 'subdomain' | 'label' | 'service';
  /** How its fields are merged by server-side apply. */
  readonly fieldType: FieldType;
  /** Fields that the kind does not have, as paths; the server drops them, or refuses them where asked to. */
  readonly unknownFields: (object: ApiObject) => string[];
  /** Errors: throws a 400 for what the server could not decode. */
  readonly decode: (object: ApiObject) => void;
  /** Defaults and what the server sets itself. `previous` is absent at creation. */
  readonly prepare: (object: ApiObject, previous: ApiObject | undefined) => void;
  readonly validate: (object: ApiObject, previous: ApiObject | undefined) => readonly FieldError[];
  /** Admission at creation, before validation. Errors: throws the refusal. */
  readonly admit: (object: ApiObject, store: ObjectStore) => void;
  /** Admission at creation, after validation: quota. */
  readonly charge: (object: ApiObject, store: ObjectStore) => void;
  /** Seconds that a deletion waits for somebody to finish it; 0 deletes at once. */
  readonly gracePeriod: (object: ApiObject, asked: number | undefined) => number;
}

export function kind(resource: Resource, differences: Partial<Omit<Kind, 'resource'>> = {}): Kind {
  return {
    resource,
    hasStatus: false,
    isCustom: false,
    hasGeneration: false,
    allowsUnconditionalUpdate: true,
    keepsStatusOnCreate: false,
    recordsOwners: true,
    nameRule: 'subdomain',
    fieldType: { kind: 'map', fields: {} },
    unknownFields: () => [],
    decode: () => {},
    prepare: () => {},
    validate: () => [],
    admit: () => {},
    charge: () => {},
    gracePeriod: () => 0,
    ...differences,
  };
}
