import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import type { Task, TaskResult } from './task.ts';

/** Worker threads that take one task after the other. */
export class WorkerPool {
  readonly #idle: Worker[] = [];
  readonly #all: readonly Worker[];
  readonly #waiting: ((worker: Worker) => void)[] = [];

  constructor(size = availableParallelism()) {
    this.#all = Array.from({ length: size }, () => new Worker(new URL('worker.ts', import.meta.url)));
    this.#idle.push(...this.#all);
  }

  async run(task: Task): Promise<TaskResult> {
    const worker = this.#idle.pop() ?? (await new Promise<Worker>((resolve) => this.#waiting.push(resolve)));
    try {
      return await new Promise<TaskResult>((resolve, reject) => {
        worker.once('message', (result: TaskResult) => {
          worker.off('error', reject);
          resolve(result);
        });
        worker.once('error', reject);
        worker.postMessage(task, []);
      });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(worker);
      else next(worker);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.terminate()));
  }
}
