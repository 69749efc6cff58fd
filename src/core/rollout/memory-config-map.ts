import { LABEL, MANAGED_BY } from '../../api/names.ts';
import type { KubeObject } from '../../api/object-meta.ts';
import type { Revision } from '../revision/revision.ts';
import type { CandidateMemory } from './memory.ts';
import type { TrialRecord } from './trial-record.ts';

export const MEMORY_KEY = 'memory.json';
export const MEMORY_ROLE = 'memory';

export interface MemoryConfigMap extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}

export function memoryName(model: string, revision: string, attempt: number): string {
  return `${model}-memory-${revision}-${attempt}`;
}

/** Owned by the revision: when its history is pruned or the model is deleted, the memory goes too. */
export function memoryConfigMap(
  model: string,
  namespace: string,
  revision: Pick<Revision, 'name' | 'uid'>,
  memory: CandidateMemory,
  resourceVersion: string | undefined,
): MemoryConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: memoryName(model, memory.revision, memory.attempt),
      namespace,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      labels: {
        [LABEL.managedBy]: MANAGED_BY,
        [LABEL.model]: model,
        [LABEL.revision]: memory.revision,
        [LABEL.role]: MEMORY_ROLE,
      },
      ...(revision.uid === ''
        ? {}
        : {
            ownerReferences: [
              {
                apiVersion: 'apps/v1',
                kind: 'ControllerRevision',
                name: revision.name,
                uid: revision.uid,
                blockOwnerDeletion: false,
              },
            ],
          }),
    },
    data: { [MEMORY_KEY]: textOf(memory) },
  };
}

/** A ConfigMap holds 1 MiB; what is left is for its metadata. */
export const MOST_CHARACTERS = 1_000_000;

/**
 * The rosters, arms and crossings of a wave cannot be had again; its baselines can be frozen anew from the same past.
 * So where all does not fit these are left out, of the oldest waves first: they have been judged.
 */
function textOf(memory: CandidateMemory): string {
  let kept = memory;
  let text = JSON.stringify(kept);
  while (text.length > MOST_CHARACTERS) {
    const less = withoutOldestBaselines(kept);
    if (less === undefined) return text;
    kept = less;
    text = JSON.stringify(kept);
  }
  return text;
}

function withoutOldestBaselines(memory: CandidateMemory): CandidateMemory | undefined {
  let found = false;
  const lighter = (record: TrialRecord): TrialRecord => {
    if (found || record.baselines === undefined) return record;
    found = true;
    const { baselines: _, judged: __, ...rest } = record;
    return { ...rest, leftOut: 'Size' };
  };
  const walks = memory.walks.map((walk) => ({
    ...walk,
    steps: walk.steps.map((step) =>
      step.trials === undefined ? step : { ...step, trials: step.trials.map(lighter) },
    ),
  }));
  return found ? { ...memory, walks } : undefined;
}

/** Undefined where the object holds no memory that can be read. */
export function parseMemory(raw: KubeObject): CandidateMemory | undefined {
  const text = (raw as Partial<MemoryConfigMap>).data?.[MEMORY_KEY];
  if (raw.metadata.labels?.[LABEL.role] !== MEMORY_ROLE || text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<CandidateMemory>;
    const whole =
      typeof value.revision === 'string' &&
      typeof value.attempt === 'number' &&
      typeof value.seed === 'string' &&
      Array.isArray(value.walks) &&
      Array.isArray(value.waves) &&
      Array.isArray(value.metrics) &&
      typeof value.analysis === 'object' &&
      value.analysis !== null;
    return whole ? (value as CandidateMemory) : undefined;
  } catch {
    return undefined;
  }
}
