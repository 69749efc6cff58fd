import { setTimeout as sleep } from 'node:timers/promises';
import type { Site } from '../operator/real-cluster.ts';

/** What a rollout must never show, as somebody sees it who looks every half second. */
export class Watched {
  readonly #site: Site;
  readonly #version: string;
  readonly #over = new AbortController();
  readonly #watching: Promise<void>;
  /** Two serve pods of one revision on a node. */
  readonly #doubles = new Set<string>();
  /** Nodes that served the version and then had no pod of it. */
  readonly #back = new Set<string>();
  readonly #reached = new Set<string>();

  constructor(site: Site, version: string) {
    this.#site = site;
    this.#version = version;
    this.#watching = this.#watch();
  }

  async end(): Promise<{ readonly doubles: readonly string[]; readonly back: readonly string[] }> {
    this.#over.abort();
    await this.#watching;
    if (this.#reached.size === 0) throw new Error(`no node was seen with ${this.#version}`);
    return { doubles: [...this.#doubles], back: [...this.#back] };
  }

  async #watch(): Promise<void> {
    while (!this.#over.signal.aborted) {
      await this.#look();
      await sleep(500, undefined, { signal: this.#over.signal }).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    const pods = (await this.#site.pods()).filter(({ role, deleting }) => role === 'serve' && !deleting);
    const seen = new Set<string>();
    for (const { node, revision, version, ready } of pods) {
      if (seen.has(`${node}/${revision}`)) this.#doubles.add(`${node} ${version}`);
      seen.add(`${node}/${revision}`);
      if (version === this.#version && ready) this.#reached.add(node);
    }
    for (const node of this.#reached) {
      if (!pods.some((pod) => pod.node === node && pod.version === this.#version)) this.#back.add(node);
    }
  }
}
