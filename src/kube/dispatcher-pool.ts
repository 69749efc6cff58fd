import { createHash } from 'node:crypto';
import type { KubeConfig, RequestContext } from '@kubernetes/client-node';

export type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly rejectUnauthorized?: boolean;
}

/** The part of KubeConfig, half of it private, that decides over connections. */
interface DispatcherFactory {
  createDispatcher(cluster: unknown, material: TlsMaterial): Dispatcher | undefined;
  createDispatcherOptions(cluster: unknown, material: TlsMaterial): { readonly connect?: object };
}

interface Pool {
  readonly fingerprint: string;
  readonly dispatcher: Dispatcher;
  /** Destroys every socket of the pool, also one that is still connecting, which undici would leave for 10 s. */
  readonly cut: AbortController;
}

/**
 * One connection pool for each set of TLS material. The library makes a pool, hence a connection, for each
 * request; here its factory is memoised. As it reads certificate files at each request and hands over their
 * content, material that rotates is noticed at once: the new pool takes over, and the old one closes when the
 * last stream on it has ended.
 */
export class DispatcherPool {
  #current: Pool | undefined;
  readonly #retiring = new Set<Pool>();

  /** From now on the config's requests take their connections from this pool. */
  attach(config: KubeConfig): void {
    const factory = config as unknown as DispatcherFactory;
    const create = factory.createDispatcher.bind(config);
    const createOptions = factory.createDispatcherOptions.bind(config);
    let cut = new AbortController();
    factory.createDispatcherOptions = (cluster, material) => {
      // With nothing to configure the library makes no pool and would fall back to the global one, which we
      // could not close; checking certificates is the default, so naming it changes nothing.
      const options = createOptions(cluster, { rejectUnauthorized: true, ...material });
      return options.connect === undefined
        ? options
        : { ...options, connect: { ...options.connect, signal: cut.signal } };
    };
    factory.createDispatcher = (cluster, material) => {
      const fingerprint = fingerprintOf(cluster, material);
      if (this.#current?.fingerprint === fingerprint) return this.#current.dispatcher;
      cut = new AbortController();
      const dispatcher = create(cluster, material);
      if (dispatcher === undefined) throw new Error('the kubeconfig gives no way to connect to the cluster');
      this.#retire();
      this.#current = { fingerprint, dispatcher, cut };
      return dispatcher;
    };
  }

  /** Cuts the connections of the current pool; the next request makes a new one. */
  async interrupt(): Promise<void> {
    const pool = this.#current;
    this.#current = undefined;
    if (pool !== undefined) await destroy(pool);
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    await Promise.all([this.interrupt(), ...[...this.#retiring].map(destroy)]);
  }

  #retire(): void {
    const old = this.#current;
    if (old === undefined) return;
    this.#retiring.add(old);
    const forget = (): void => void this.#retiring.delete(old);
    old.dispatcher.close().then(forget, forget);
  }
}

async function destroy({ dispatcher, cut }: Pool): Promise<void> {
  cut.abort();
  await dispatcher.destroy();
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
