import type { KubeObject } from '../../src/api/object-meta.ts';
import { type Lab } from '../operator/harness.ts';
import { NAME } from '../operator/manifests.ts';
import { healthOf, type HealthStatus } from './argocd-lua.ts';

/** One Application that the set made: a cluster and the label by which steps choose it. */
export interface Application {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly lab: Lab;
}

export interface Step {
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

/** What the controller keeps of each Application in the set's status. */
type Progress = 'Waiting' | 'Progressing' | 'Healthy';

/** The worst of an Application's resources is the Application's health. */
const WORSE: readonly HealthStatus[] = ['Healthy', 'Suspended', 'Progressing', 'Degraded'];

/**
 * What Argo CD's ApplicationSet controller does with the strategy RollingSync, over clusters in this process: a change
 * in Git makes every Application wait, a step's are synced when those of all steps before it became Healthy, and one
 * that was synced becomes Healthy only when it is both in sync and Healthy (applicationset/progressivesync in v3.5).
 */
export class RollingSync {
  /** Each sync and each change of health, in order: `pilot synced 1.1.0`, `pilot Degraded`. */
  readonly history: string[] = [];
  readonly #applications: readonly Application[];
  readonly #steps: readonly Step[];
  readonly #progress = new Map<string, Progress>();
  readonly #health = new Map<string, HealthStatus>();
  readonly #synced = new Map<string, string>();
  /** The resources of an Application at the last look: the VM is asked again when they changed. */
  readonly #seen = new Map<string, string>();
  #git: { readonly revision: string; readonly manifests: readonly KubeObject[] } = {
    revision: '',
    manifests: [],
  };

  constructor(applications: readonly Application[], steps: readonly Step[]) {
    this.#applications = applications;
    this.#steps = steps;
  }

  push(revision: string, manifests: readonly KubeObject[]): void {
    this.#git = { revision, manifests };
    for (const { name } of this.#applications) this.#progress.set(name, 'Waiting');
  }

  health(name: string): HealthStatus | undefined {
    return this.#health.get(name);
  }

  /** Runs all clusters side by side, with a look each five seconds. Errors: throws where it does not come about. */
  async until(what: string, holds: () => boolean, limitSeconds = 900): Promise<void> {
    for (let seconds = 0; seconds < limitSeconds; seconds += 5) {
      await this.run(5);
      if (holds()) return;
    }
    const stories = this.#applications.map(({ name, lab }) => `${name}:\n${lab.story()}`);
    throw new Error(
      `${what}: not within ${limitSeconds} s\n${this.history.join('\n')}\n${stories.join('\n')}`,
    );
  }

  async run(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += 5) {
      for (const { lab } of this.#applications) await lab.run(5);
      await this.#look();
      await this.#reconcile();
    }
  }

  get settled(): boolean {
    return this.#applications.every(({ name }) => this.#progress.get(name) === 'Healthy');
  }

  async #look(): Promise<void> {
    const objects = await Promise.all(this.#applications.map(({ lab }) => resourcesOf(lab)));
    const changed = this.#applications
      .map(({ name }, index) => ({ name, resources: objects[index] ?? [] }))
      .filter(({ name, resources }) => this.#seen.get(name) !== JSON.stringify(resources));
    const found = [...(await healthOf(changed.flatMap(({ resources }) => resources)))];
    for (const { name, resources } of changed) {
      this.#seen.set(name, JSON.stringify(resources));
      const ranks = found.splice(0, resources.length).map(({ status }) => WORSE.indexOf(status));
      const health = WORSE[Math.max(...ranks)];
      if (health === undefined) continue;
      if (this.#health.get(name) !== health) this.history.push(`${name} ${health}`);
      this.#health.set(name, health);
    }
  }

  async #reconcile(): Promise<void> {
    for (const { name } of this.#applications) {
      const done = this.#synced.get(name) === this.#git.revision && this.#health.get(name) === 'Healthy';
      if (this.#progress.get(name) === 'Progressing' && done) this.#progress.set(name, 'Healthy');
    }
    for (const application of this.#toSync()) {
      if (this.#progress.get(application.name) !== 'Waiting') continue;
      for (const manifest of this.#git.manifests) await application.lab.apply(manifest);
      this.#synced.set(application.name, this.#git.revision);
      this.#progress.set(application.name, 'Progressing');
      this.history.push(`${application.name} synced ${this.#git.revision}`);
    }
  }

  /** Up to the first step that is not all Healthy. */
  #toSync(): readonly Application[] {
    const chosen: Application[] = [];
    for (const step of this.#steps) {
      const mine = this.#applications.filter((each) => selects(step, each.labels));
      chosen.push(...mine);
      if (mine.some(({ name }) => this.#progress.get(name) !== 'Healthy')) break;
    }
    return chosen;
  }
}

async function resourcesOf(lab: Lab): Promise<readonly KubeObject[]> {
  const { models, rollouts } = await lab.state();
  const apiVersion = 'outrigger.dev/v1alpha1';
  return [
    ...models.map((model) => ({ ...model, apiVersion, kind: 'EdgeModel' })),
    ...rollouts.map((rollout) => ({ ...rollout, apiVersion, kind: 'EdgeRollout' })),
  ];
}

function selects({ matchExpressions }: Step, labels: Readonly<Record<string, string>>): boolean {
  return matchExpressions.every(({ key, operator, values }) => {
    const value = labels[key];
    if (value === undefined) return operator !== 'In';
    return values.includes(value) === (operator === 'In');
  });
}

/** The version in the spec of each cluster's model: what Git brought there so far. */
export async function specVersions(applications: readonly Application[]): Promise<Record<string, string>> {
  const entries = applications.map(
    async ({ name, lab }) => [name, (await lab.model(NAME)).spec.version] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
