import type { Ownership } from './ownership.ts';
import type { ApiObject } from './json.ts';

/**
 * One version of an object. It is never changed, so lists, watches and history share it; what leaves the server
 * is its JSON text, made once for all readers, which each of them parses for itself.
 */
export class Stored {
  readonly object: ApiObject;
  readonly revision: number;
  /** Who set which field: what server-side apply needs to know. */
  readonly owners: readonly Ownership[];
  #json: string | undefined;

  constructor(object: ApiObject, revision: number, owners: readonly Ownership[]) {
    this.object = object;
    this.revision = revision;
    this.owners = owners;
  }

  get json(): string {
    this.#json ??= JSON.stringify(this.object);
    return this.#json;
  }
}

/** What happened to one object at one revision. `previous` is absent when it was created. */
export interface Change {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly stored: Stored;
  readonly previous?: Stored;
}
