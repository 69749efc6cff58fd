import type { EdgeRollout } from '../../api/edge-rollout.ts';
import { LABEL } from '../../api/names.ts';
import type { KubeClient } from '../../kube/client.ts';
import { RESOURCES } from '../../kube/resource.ts';
import { type Node, readyCondition } from '../../sim/fleet/node.ts';
import type { Pod } from '../../sim/fleet/pod.ts';

/** What an incident may depend on, as the API server has it. */
export interface Scene {
  readonly rollout: EdgeRollout;
  readonly nodes: readonly SceneNode[];
}

export interface SceneNode {
  readonly name: string;
  readonly ready: boolean;
  readonly site: string;
  /** The version of its pod that serves, or is to serve again when the node is back. */
  readonly version: string | undefined;
}

/** Something that happens to the fleet while a version is rolled out. */
export interface Incident {
  readonly kind: 'CutOff' | 'Reconnected';
  /** Asked each second once the incident before it is over; `seconds` have passed since that. */
  readonly when: (scene: Scene, seconds: number) => boolean;
  /** The names of the nodes that it hits. */
  readonly which: (scene: Scene) => readonly string[];
  readonly title: (names: readonly string[]) => string;
}

export async function readScene(client: KubeClient, rollout: EdgeRollout, model: string): Promise<Scene> {
  const [nodes, pods] = await Promise.all([
    client.listAll<Node>(RESOURCES.nodes),
    client.listAll<Pod>(RESOURCES.pods, {
      namespace: rollout.metadata.namespace ?? 'default',
      labelSelector: `${LABEL.model}=${model},${LABEL.role}!=prefetch`,
    }),
  ]);
  const versions = new Map<string, string>();
  // Beside the old pod the new one counts when it has started: that is what the node was updated to.
  for (const pod of pods.toSorted((a, b) => age(a) - age(b))) {
    const started = pod.status?.containerStatuses?.some(({ state }) => state.running !== undefined) === true;
    const version = pod.metadata.labels?.[LABEL.version];
    if (pod.spec.nodeName !== undefined && started && version !== undefined)
      versions.set(pod.spec.nodeName, version);
  }
  return {
    rollout,
    nodes: nodes.map((node) => ({
      name: node.metadata.name,
      ready: readyCondition(node)?.status === 'True',
      site: node.metadata.labels?.['site'] ?? '',
      version: versions.get(node.metadata.name),
    })),
  };
}

function age({ metadata }: Pod): number {
  return Date.parse(metadata.creationTimestamp ?? '');
}

/**
 * Which nodes are away: while a version is tried, those that went dark before their update and those that did after
 * it; else those that are owed the version. Empty where none is away.
 */
export function awayLine({ nodes, rollout: { status } }: Scene, version: string): string {
  const away = nodes.filter(({ ready }) => !ready);
  if (away.length === 0) return '';
  const having = away.filter((node) => node.version === version).map(nameOf);
  const without = away.filter((node) => node.version !== version);
  const parts = [`${away.length} away`];
  if (status?.candidate === undefined) {
    if (without.length > 0) parts.push(`${without.length} owed ${version}, lagging`);
  } else {
    if (without.length > 0)
      parts.push(
        `${without.length} dark before the update: not counted, untouched, they serve what they have`,
      );
    if (having.length > 0)
      parts.push(
        `${having.length} dark after the update (${some(having)}): charged to ${version} where more of them are dark than of the others`,
      );
  }
  return parts.join('; ');
}

export function nameOf({ name }: { readonly name: string }): string {
  return name;
}

/** The nodes of the site of which the most serve the version and the most do not. */
export function mixedSite({ nodes }: Scene, version: string): readonly string[] {
  const mixed = (site: readonly SceneNode[]): number => {
    const updated = site.filter((node) => node.version === version).length;
    return Math.min(updated, site.length - updated);
  };
  const sites = [...Map.groupBy(nodes, ({ site }) => site).values()];
  return (sites.toSorted((a, b) => mixed(b) - mixed(a))[0] ?? []).map(nameOf);
}

export function some(names: readonly string[]): string {
  const most = 4;
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** While the wave is measured. */
export function measured(wave: string): Incident['when'] {
  return ({ rollout: { status } }) => status?.phase === 'Soaking' && status.wave?.name === wave;
}

export function after(seconds: number): Incident['when'] {
  return (_, passed) => passed >= seconds;
}

export function promoted({ rollout: { status } }: Scene): boolean {
  return status?.phase === 'Promoted';
}
