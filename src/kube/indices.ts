/** Secondary indices: from the name of an indexer and a value to the keys of what it gave that value for. */
export class Indices<T> {
  readonly #indexers: Readonly<Record<string, (value: T) => readonly string[]>>;
  readonly #keys = new Map<string, Map<string, Set<string>>>();
  /** Where each key is filed, so that it can be taken out without the old value. */
  readonly #filed = new Map<string, readonly (readonly [indexer: string, value: string])[]>();

  constructor(indexers: Readonly<Record<string, (value: T) => readonly string[]>>) {
    this.#indexers = indexers;
    for (const name of Object.keys(indexers)) this.#keys.set(name, new Map());
  }

  find(indexer: string, value: string): readonly string[] {
    return [...(this.#index(indexer).get(value) ?? [])];
  }

  update(key: string, value: T): void {
    this.remove(key);
    const places = Object.entries(this.#indexers).flatMap(([indexer, values]) =>
      values(value).map((found) => [indexer, found] as const),
    );
    for (const [indexer, found] of places) {
      const index = this.#index(indexer);
      const keys = index.get(found) ?? new Set();
      index.set(found, keys.add(key));
    }
    if (places.length > 0) this.#filed.set(key, places);
  }

  remove(key: string): void {
    for (const [indexer, value] of this.#filed.get(key) ?? []) {
      const index = this.#index(indexer);
      const keys = index.get(value);
      keys?.delete(key);
      if (keys?.size === 0) index.delete(value);
    }
    this.#filed.delete(key);
  }

  #index(indexer: string): Map<string, Set<string>> {
    const index = this.#keys.get(indexer);
    if (index === undefined) throw new Error(`the store has no indexer "${indexer}"`);
    return index;
  }
}

/** Files objects under `namespace/value` of a label: `indexed('model', 'vision/defect-detector')`. */
export function byLabel(
  label: string,
): (value: {
  readonly metadata: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
}) => readonly string[] {
  return ({ metadata }) => {
    const value = metadata.labels?.[label];
    if (value === undefined) return [];
    return [metadata.namespace ? `${metadata.namespace}/${value}` : value];
  };
}
