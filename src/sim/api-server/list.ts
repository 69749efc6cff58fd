import { apiVersion } from '../../kube/resource.ts';
import { ApiStatus, badRequest, continueExpired } from './api-status.ts';
import { checkFieldSelector, parseSelector } from './selector.ts';
import type { ObjectStore } from './object-store.ts';
import type { Stored } from './stored.ts';
import type { Target } from './target.ts';

export type Query = Readonly<Record<string, string | undefined>>;

interface Snapshot {
  readonly revision: number;
  readonly found: readonly Stored[];
}

/** Half-read lists that the server holds; the oldest is forgotten first, and its token then answers 410. */
const MAX_SNAPSHOTS = 256;

/** Lists, page by page from one snapshot: stored versions never change, so keeping one costs an array. */
export class Lists {
  readonly #snapshots = new Map<number, Snapshot>();
  #tokens = 0;

  /** Forgets the snapshots of half-read lists. */
  compact(): void {
    this.#snapshots.clear();
  }

  /** Returns the text of the list, made when it is asked for. */
  answer(store: ObjectStore, target: Target, query: Query): () => string {
    const { kind, namespace } = target;
    const place = query['continue'] ? this.#resume(query['continue']) : undefined;
    checkFieldSelector(kind.resource.plural, query['fieldSelector']);
    const selector = parseSelector(query['labelSelector'], query['fieldSelector']);
    if (!place) checkRevision(query['resourceVersion'], store.revision);

    const snapshot = place?.snapshot ?? {
      revision: store.revision,
      found: store.collection(kind).list(namespace, (object) => selector.matches(object)),
    };
    const start = place?.offset ?? 0;
    const limit = positiveInteger(query['limit'], 'limit') ?? Infinity;
    const items = snapshot.found.slice(start, start + limit);
    const left = snapshot.found.length - start - items.length;
    const metadata = {
      resourceVersion: String(snapshot.revision),
      ...(left > 0 && { continue: this.#keep(snapshot, start + items.length) }),
      ...(left > 0 && selector.isEverything && { remainingItemCount: left }),
    };
    return () => listText(target, metadata, items);
  }

  #keep(snapshot: Snapshot, offset: number): string {
    const id = ++this.#tokens;
    this.#snapshots.set(id, snapshot);
    for (const oldest of this.#snapshots.keys()) {
      if (this.#snapshots.size <= MAX_SNAPSHOTS) break;
      this.#snapshots.delete(oldest);
    }
    return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', id, offset })).toString('base64url');
  }

  #resume(token: string): { readonly snapshot: Snapshot; readonly offset: number } {
    let place: { id?: unknown; offset?: unknown };
    try {
      place = JSON.parse(Buffer.from(token, 'base64url').toString()) as typeof place;
    } catch {
      throw badRequest('continue key is not valid');
    }
    if (typeof place.id !== 'number' || typeof place.offset !== 'number') {
      throw badRequest('continue key is not valid');
    }
    const snapshot = this.#snapshots.get(place.id);
    if (!snapshot) throw continueExpired();
    return { snapshot, offset: place.offset };
  }
}

function listText({ kind }: Target, metadata: object, items: readonly Stored[]): string {
  const { resource } = kind;
  // The items of built-in kinds come without their type, as those of a real server.
  const type = `"kind":"${resource.kind}","apiVersion":"${apiVersion(resource)}",`;
  const texts = kind.isCustom
    ? items.map(({ json }) => json)
    : items.map(({ json }) => json.replace(type, ''));
  const head = JSON.stringify({ kind: `${resource.kind}List`, apiVersion: apiVersion(resource), metadata });
  return `${head.slice(0, -1)},"items":[${texts.join(',')}]}`;
}

function checkRevision(asked: string | undefined, current: number): void {
  if (asked === undefined || asked === '') return;
  const revision = Number(asked);
  if (!Number.isInteger(revision) || revision < 0) throw badRequest(`invalid resource version "${asked}"`);
  if (revision > current) {
    const message = `Too large resource version: ${revision}, current: ${current}`;
    const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: '' }];
    throw new ApiStatus(504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
  }
}

export function positiveInteger(text: string | undefined, name: string): number | undefined {
  if (text === undefined || text === '' || text === '0') return undefined;
  if (!/^\d+$/.test(text)) throw badRequest(`unable to parse ${name}: "${text}"`);
  return Number(text);
}
