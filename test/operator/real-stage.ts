import { afterAll, beforeAll } from 'vitest';
import { Kubectl } from '../gitops/kubectl.ts';
import type { RealParts } from '../setup/describe-real.ts';
import { OperatorProcess, Site, startFleet } from './real-cluster.ts';

/**
 * For the tests of one block: a namespace, simulated nodes on the real API server, and an operator for that namespace
 * that leads. Hooks that need these come after; an `afterAll` that must find them ended is registered before, because
 * the last one registered runs first.
 */
export class RealStage {
  readonly #real: () => RealParts;
  #site: Site | undefined;
  #kubectl: Kubectl | undefined;
  #operator: OperatorProcess | undefined;

  constructor(real: () => RealParts, nodes: number) {
    this.#real = real;
    let fleet: { stop(): Promise<void> } | undefined;
    beforeAll(async () => {
      this.#site = new Site(real(), await real().namespace());
      this.#kubectl = new Kubectl(real(), this.#site.namespace);
      fleet = await startFleet(real(), nodes);
      await this.startOperator();
    });
    afterAll(async () => {
      await this.#operator?.end('SIGTERM');
      await fleet?.stop();
    });
  }

  get site(): Site {
    return this.#site ?? notStarted();
  }

  get kubectl(): Kubectl {
    return this.#kubectl ?? notStarted();
  }

  get operator(): OperatorProcess {
    return this.#operator ?? notStarted();
  }

  /** Another process, once the one before has ended. */
  async startOperator(): Promise<void> {
    this.#operator = new OperatorProcess(this.#real(), this.site.namespace);
    await this.#operator.untilLeading();
  }
}

function notStarted(): never {
  throw new Error('the stage is for hooks and tests; while tests are collected nothing runs yet');
}
