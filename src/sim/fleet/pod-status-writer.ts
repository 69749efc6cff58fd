import type { Clock } from '../../controller/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { RESOURCES } from '../../kube/resource.ts';
import type { Gate } from './gate.ts';
import type { Pod, PodStatus } from './pod.ts';

/** Changes within this time go out as one write. */
const GATHER_MS = 100;
const RETRY_MS = 1_000;

export interface PodStatusWriterOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Open while the node reaches the API server. */
  readonly online: Gate;
  readonly signal: AbortSignal;
  /** The status as of now. */
  status(): PodStatus;
  written(pod: Pod): void;
  /** The pod is no longer there. */
  gone(): void;
}

/** Brings a pod's status to the API server: only where it changed, one write at a time, again until it arrives. */
export class PodStatusWriter {
  readonly #options: PodStatusWriterOptions;
  readonly #pod: Pod['metadata'];
  #last = '';
  #dirty = false;
  #writing: Promise<void> | undefined;

  constructor(pod: Pod, options: PodStatusWriterOptions) {
    this.#pod = pod.metadata;
    this.#options = options;
  }

  /** Somebody else changed what was written: write it again. */
  forget(): void {
    this.#last = '';
  }

  changed(): void {
    if (this.#options.signal.aborted) return;
    this.#dirty = true;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when everything so far is written, or the signal has ended it. */
  async flushed(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    const { clock, online, signal } = this.#options;
    try {
      while (this.#dirty) {
        await clock.sleep(GATHER_MS, signal);
        await online.wait(signal);
        this.#dirty = false;
        if (!(await this.#write())) {
          this.#dirty = true;
          await clock.sleep(RETRY_MS, signal);
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #write(): Promise<boolean> {
    const { client, signal } = this.#options;
    const { name, namespace, uid } = this.#pod;
    const status = this.#options.status();
    const text = JSON.stringify(status);
    if (text === this.#last) return true;
    try {
      const patch = { metadata: { uid }, status };
      const pod = await client.mergePatch<Pod>(RESOURCES.pods, namespace, name, patch, {
        subresource: 'status',
      });
      this.#last = text;
      this.#options.written(pod);
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      // A conflict says that the uid is another pod's by now.
      if (!isApiError(error, 'notFound') && !isApiError(error, 'conflict')) return false;
      this.#options.gone();
      return true;
    }
  }
}
