import { readFile } from 'node:fs/promises';
import { load } from 'js-yaml';
import { LABEL } from '../../api/names.ts';
import type { KubeObject } from '../../api/object-meta.ts';
import type { CandidateMemory } from '../../core/rollout/memory.ts';
import { MEMORY_ROLE, parseMemory } from '../../core/rollout/memory-config-map.ts';
import type { KubeClient } from '../../kube/client.ts';
import { RESOURCES } from '../../kube/resource.ts';
import { UsageError } from '../io.ts';
import { reading } from './reading.ts';

/**
 * The newest record of a candidate of the model that the cluster holds.
 * Errors: UsageError where there is none, or it may not be read.
 */
export async function memoryInCluster(
  client: Pick<KubeClient, 'listAll'>,
  namespace: string,
  model: string,
): Promise<CandidateMemory> {
  const labelSelector = `${LABEL.model}=${model},${LABEL.role}=${MEMORY_ROLE}`;
  const found = await reading(
    `ConfigMaps of namespace ${namespace}`,
    'list configmaps',
    client.listAll<KubeObject>(RESOURCES.configMaps, { namespace, labelSelector }),
  );
  if (found.length === 0)
    throw new UsageError(
      `namespace ${namespace} holds no record of a candidate of EdgeModel ${model}: none was begun, or its revision was pruned from the history. A record that was kept (kubectl get configmap -l ${labelSelector} -o yaml) can be given with --memory FILE`,
    );
  return newest(found, model);
}

/**
 * A record in a file, as kubectl prints the ConfigMap or a list of them, YAML or JSON.
 * Errors: UsageError where it cannot be read, or is no record of a candidate of the model.
 */
export async function memoryInFile(file: string, model: string): Promise<CandidateMemory> {
  let raw: unknown;
  try {
    raw = load(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(
      `--memory ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const objects = listOf(raw).filter(isObject);
  if (objects.length === 0)
    throw new UsageError(
      `--memory ${file} holds no Kubernetes object: write it with kubectl get configmap NAME -o yaml`,
    );
  return newest(objects, model, `--memory ${file}: `);
}

function newest(objects: readonly KubeObject[], model: string, where = ''): CandidateMemory {
  const records = objects.filter(({ metadata }) => metadata.labels?.[LABEL.role] === MEMORY_ROLE);
  if (records.length === 0)
    throw new UsageError(
      `${where}${names(objects)} is no record of a candidate: those have the label ${LABEL.role}=${MEMORY_ROLE}`,
    );
  const own = records.filter(({ metadata }) => metadata.labels?.[LABEL.model] === model);
  if (own.length === 0)
    throw new UsageError(`${where}${names(records)} is no record of a candidate of EdgeModel ${model}`);
  const read = own.flatMap((each) => parseMemory(each) ?? []);
  const [last] = read.toSorted((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt));
  if (last === undefined)
    throw new UsageError(
      `${where}ConfigMap ${names(own)} cannot be read: somebody changed it, or another version of Outrigger wrote it`,
    );
  return last;
}

function names(objects: readonly KubeObject[]): string {
  return objects.map(({ metadata }) => metadata.name).join(', ');
}

function listOf(raw: unknown): readonly unknown[] {
  const items: unknown = typeof raw === 'object' && raw !== null && 'items' in raw ? raw.items : undefined;
  return Array.isArray(items) ? items : [raw];
}

function isObject(raw: unknown): raw is KubeObject {
  return typeof (raw as KubeObject | null | undefined)?.metadata?.name === 'string';
}
