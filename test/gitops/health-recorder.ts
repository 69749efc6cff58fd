import type { Condition } from '../../src/api/condition.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { condition, type Lab } from '../operator/harness.ts';
import { NAME } from '../operator/manifests.ts';

export interface Seen {
  /** Kind, phase and the conditions that are True or False in words: what health may depend on. */
  readonly what: string;
  readonly object: KubeObject;
}

interface Status {
  readonly phase?: string;
  readonly observedGeneration?: number;
  readonly nodes?: { readonly lagging: number };
  readonly conditions?: readonly Condition[];
}

/** Keeps the first of each distinct status that a story brings about, looking once in each second. */
export class Recorder {
  readonly lab: Lab;
  readonly seen = new Map<string, Seen>();

  constructor(lab: Lab) {
    this.lab = lab;
  }

  async until(what: string, holds: () => Promise<boolean>, limitSeconds = 900): Promise<void> {
    await this.look();
    await this.lab.until(
      what,
      async () => {
        await this.look();
        return holds();
      },
      limitSeconds,
    );
  }

  async run(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.lab.run(1);
      await this.look();
    }
  }

  async untilPhase(phase: string, name = NAME): Promise<void> {
    await this.until(`rollout ${name} is ${phase}`, async () => {
      const [{ status }, { metadata }] = await Promise.all([this.lab.rollout(name), this.lab.model(name)]);
      return status?.phase === phase && status.observedModelGeneration === metadata.generation;
    });
  }

  async untilReason(
    reason: string,
    kind: 'EdgeModel' | 'EdgeRollout' = 'EdgeModel',
    name = NAME,
  ): Promise<void> {
    await this.until(`${kind} ${name} says ${reason}`, async () => {
      const { status } = kind === 'EdgeModel' ? await this.lab.model(name) : await this.lab.rollout(name);
      return condition(status?.conditions, 'Ready')?.reason === reason;
    });
  }

  async untilReady(version: string, name = NAME): Promise<void> {
    await this.until(`${name} ${version} is Ready`, async () => {
      const { metadata, spec, status } = await this.lab.model(name);
      return (
        spec.version === version &&
        status?.observedGeneration === metadata.generation &&
        condition(status?.conditions, 'Ready')?.status === 'True'
      );
    });
  }

  async look(): Promise<void> {
    const { models, rollouts } = await this.lab.state();
    for (const model of models) this.#keep('EdgeModel', model);
    for (const rollout of rollouts) this.#keep('EdgeRollout', rollout);
  }

  #keep(kind: string, read: KubeObject): void {
    // As a single read of it would say; a list leaves both out of its items.
    const object = { ...read, apiVersion: 'outrigger.dev/v1alpha1', kind };
    const what = `${kind} ${wordsOf(object)}`;
    if (!this.seen.has(what)) this.seen.set(what, { what, object });
  }
}

/** `Holding NoData`, `Promoted Promoted Ready lagging`, `deleting`, `stale` and so on. */
function wordsOf(object: KubeObject): string {
  if (object.metadata.deletionTimestamp !== undefined) return 'deleting';
  const { status } = object as { readonly status?: Status };
  if (status?.observedGeneration === undefined) return 'new';
  if (status.observedGeneration < (object.metadata.generation ?? 0)) return 'changed';
  const is = (type: string, value = 'True') => condition(status.conditions, type)?.status === value;
  const words = [
    status.phase ?? '-',
    condition(status.conditions, 'Ready')?.reason ?? '-',
    is('Ready') ? 'Ready' : '',
    is('Stalled') ? 'Stalled' : '',
    is('Accepted', 'False') ? 'Refused' : '',
    is('Healthy', 'False') ? 'Harm' : '',
    is('Approved', 'False') ? 'Asking' : '',
    is('Paused') ? 'Paused' : '',
    (status.nodes?.lagging ?? 0) > 0 ? 'lagging' : '',
  ];
  return words.filter((word) => word !== '').join(' ');
}
