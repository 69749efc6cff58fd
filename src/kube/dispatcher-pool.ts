import { createHash } from 'node:crypto';
import type { KubeConfig, RequestContext } from '@kubernetes/client-node';

export type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly rejectUnauthorized?: boolean;
}

/** The private part of KubeConfig that decides over connections. */
interface DispatcherFactory {
  createDispatcher(cluster: unknown, material: TlsMaterial): Dispatcher | undefined;
}

/**
 * One connection pool for each set of TLS material. The library makes a pool, hence a connection, for each
 * request; here its factory is memoised. As it reads certificate files at each request and hands over their
 * content, material that rotates is noticed at once: the new pool takes over, and the old one closes when the
 * last stream on it has ended.
 */
export class DispatcherPool {
  #current: { readonly fingerprint: string; readonly dispatcher: Dispatcher } | undefined;
  readonly #retiring = new Set<Dispatcher>();

  /** From now on the config's requests take their connections from this pool. */
  attach(config: KubeConfig): void {
    const factory = config as unknown as DispatcherFactory;
    const create = factory.createDispatcher.bind(config);
    factory.createDispatcher = (cluster, material) => {
      const fingerprint = fingerprintOf(cluster, material);
      if (this.#current?.fingerprint === fingerprint) return this.#current.dispatcher;
      // With nothing to configure the library makes no pool and would fall back to the global one, which we
      // could not close; checking certificates is the default, so naming it changes nothing.
      const dispatcher =
        create(cluster, material) ?? create(cluster, { ...material, rejectUnauthorized: true });
      if (dispatcher === undefined) throw new Error('the kubeconfig gives no way to connect to the cluster');
      this.#retire();
      this.#current = { fingerprint, dispatcher };
      return dispatcher;
    };
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    const all = [...this.#retiring];
    if (this.#current !== undefined) all.push(this.#current.dispatcher);
    this.#current = undefined;
    await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
  }

  #retire(): void {
    const old = this.#current?.dispatcher;
    if (old === undefined) return;
    this.#retiring.add(old);
    const forget = (): void => void this.#retiring.delete(old);
    old.close().then(forget, forget);
  }
}

/** A hash, so that no second copy of a key is kept. */
function fingerprintOf(cluster: unknown, material: TlsMaterial): string {
  const hash = createHash('sha256').update(JSON.stringify(cluster ?? null));
  for (const [name, value] of Object.entries(material)) {
    if (value !== undefined)
      hash.update(`\0${name}\0`).update(typeof value === 'boolean' ? String(value) : value);
  }
  return hash.digest('base64');
}
