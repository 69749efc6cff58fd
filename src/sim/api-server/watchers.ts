import type { Selector } from './selector.ts';
import type { Change } from './stored.ts';

export interface Watcher {
  readonly namespace: string | undefined;
  readonly selector: Selector;
  receive(change: Change): void;
}

/**
 * The watchers of one kind. Those that ask for one exact field (each kubelet for the pods of its node) are
 * kept by it, so that a write wakes only those whom it concerns.
 */
export class Watchers {
  readonly #general = new Set<Watcher>();
  readonly #exact = new Map<string, Set<Watcher>>();

  /** Returns what takes the watcher away again. */
  add(watcher: Watcher): () => void {
    const exact = watcher.selector.exact;
    const key = exact === undefined ? undefined : exactKey(exact.field, exact.value);
    if (key === undefined) {
      this.#general.add(watcher);
      return () => this.#general.delete(watcher);
    }
    const bucket = this.#exact.get(key) ?? new Set();
    this.#exact.set(key, bucket.add(watcher));
    return () => {
      bucket.delete(watcher);
      if (bucket.size === 0) this.#exact.delete(key);
    };
  }

  tell(change: Change): void {
    for (const watcher of this.#general) watcher.receive(change);
    if (this.#exact.size === 0) return;
    const keys = new Set([
      ...exactKeys(change),
      ...(change.previous ? exactKeys({ stored: change.previous }) : []),
    ]);
    for (const key of keys) for (const watcher of this.#exact.get(key) ?? []) watcher.receive(change);
  }
}

function exactKey(field: string, value: string): string | undefined {
  return field === 'spec.nodeName' || field === 'metadata.name' ? `${field}=${value}` : undefined;
}

function exactKeys({ stored }: Pick<Change, 'stored'>): string[] {
  const { metadata, spec } = stored.object;
  const nodeName = spec?.['nodeName'];
  const byName = `metadata.name=${metadata.name}`;
  return typeof nodeName === 'string' ? [byName, `spec.nodeName=${nodeName}`] : [byName];
}
