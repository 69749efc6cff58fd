import type { Clock } from '../../controller/clock.ts';

/** Where images come from: one for the whole fleet, so that an outage hits every node at once. */
export class ImageRegistry {
  /** Nothing answers. */
  down = false;
  /** Images that are on their way to a node now, and the most that ever were. */
  transfers = 0;
  mostTransfers = 0;
  readonly #sizes = new Map<string, number>();

  /** Bytes; images that nobody has described are as large as a small runtime. */
  size(reference: string): number {
    return this.#sizes.get(reference) ?? 100_000_000;
  }

  setSize(reference: string, bytes: number): void {
    this.#sizes.set(reference, bytes);
  }

  /** What a fleet-wide pull is to a registry: counts the transfer while it lasts. */
  async transfer(lasts: Promise<void>): Promise<void> {
    this.transfers += 1;
    this.mostTransfers = Math.max(this.mostTransfers, this.transfers);
    try {
      await lasts;
    } finally {
      this.transfers -= 1;
    }
  }

  /** By agreement no image has the tag `missing`. */
  has(reference: string): boolean {
    return !reference.endsWith(':missing');
  }
}

export interface PullConditions {
  /** Bytes a second. */
  readonly bandwidth: number;
  readonly diskFull: boolean;
  /** Whether the node has a network, asked at the start and at the end of a pull. */
  readonly online: () => boolean;
  /** What the pod's annotation says: a fixed time, or a failure. */
  readonly scripted: number | 'fail' | undefined;
}

export class PullError extends Error {}

/** The images on one node's disk. Pulls are made one after the other, as kubelets do unless told otherwise. */
export class ImageStore {
  readonly #present = new Set<string>();
  readonly #registry: ImageRegistry;
  readonly #clock: Clock;
  #last: Promise<void> = Promise.resolve();

  constructor(registry: ImageRegistry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  get present(): readonly string[] {
    return [...this.#present];
  }

  /** The image of every pod's sandbox is on each node from its first day. */
  has(reference: string): boolean {
    return this.#present.has(reference) || /(^|[/-])pause:[^/]*$/.test(reference);
  }

  /** What garbage collection does under disk pressure. */
  remove(reference: string): void {
    this.#present.delete(reference);
  }

  /** Resolves when the image is there. Errors: PullError with the runtime's message; the signal's reason. */
  async pull(reference: string, conditions: () => PullConditions, signal: AbortSignal): Promise<void> {
    const before = this.#last;
    const turn = Promise.withResolvers<void>();
    this.#last = turn.promise;
    try {
      await before;
      signal.throwIfAborted();
      if (!this.has(reference)) await this.#fetch(reference, conditions(), signal);
    } finally {
      turn.resolve();
    }
  }

  async #fetch(reference: string, conditions: PullConditions, signal: AbortSignal): Promise<void> {
    const { scripted } = conditions;
    const repository = reference.replace(/[:@][^/]*$/, '');
    const host = repository.split('/')[0] ?? repository;
    const unreached = (why: string): PullError =>
      new PullError(
        `failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": ` +
          `failed to do request: Head "https://${host}/v2/": dial tcp: ${why}`,
      );
    if (this.#registry.down || !conditions.online()) {
      await this.#clock.sleep(1_000, signal);
      throw unreached(this.#registry.down ? 'connect: connection refused' : 'i/o timeout');
    }
    if (scripted === 'fail' || !this.#registry.has(reference)) {
      await this.#clock.sleep(500, signal);
      throw new PullError(
        `rpc error: code = NotFound desc = failed to pull and unpack image "${reference}": ` +
          `failed to resolve reference "${reference}": ${reference}: not found`,
      );
    }
    const duration = scripted ?? (this.#registry.size(reference) / conditions.bandwidth) * 1_000;
    await this.#registry.transfer(this.#clock.sleep(conditions.diskFull ? duration / 2 : duration, signal));
    if (this.#registry.down || !conditions.online()) {
      throw unreached(this.#registry.down ? 'connection reset by peer' : 'i/o timeout');
    }
    if (conditions.diskFull) {
      throw new PullError(
        `failed to pull and unpack image "${reference}": failed to copy: write content: no space left on device`,
      );
    }
    this.#present.add(reference);
  }
}
