import { LABEL, MANAGED_BY } from '../../api/names.ts';
import type { KubeObject } from '../../api/object-meta.ts';
import type { Revision } from '../revision/revision.ts';
import type { CandidateMemory } from './memory.ts';

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
    data: { [MEMORY_KEY]: JSON.stringify(memory) },
  };
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
