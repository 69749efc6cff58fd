/** The key of all work: `namespace/name` of an EdgeModel. Its rollout is decided in the same pass. */
export interface ModelKey {
  readonly namespace: string;
  readonly name: string;
}

export function modelKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

export function parseModelKey(key: string): ModelKey {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
