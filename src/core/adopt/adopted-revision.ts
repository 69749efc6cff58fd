import { canonicalJson } from '../../api/canonical.ts';
import { GROUP, LABEL } from '../../api/names.ts';
import type { EdgeModel } from '../../api/edge-model.ts';
import type { Hardware } from '../../api/hardware.ts';
import type { PodSpec } from '../pods/pod-template.ts';
import { revisionName } from '../revision/controller-revision.ts';
import { revisionHash } from '../revision/revision.ts';
import type { Revision, RevisionContent } from '../revision/revision.ts';
import type { AdoptablePod } from './adoptable-pod.ts';

/** The one variant of revision 0, and its version where the pods tell none. */
export const ADOPTED = 'adopted';

/** Labels that a controller gives to its pods to tell them apart. */
const CONTROLLER_LABELS = new Set([
  'controller-revision-hash',
  'pod-template-generation',
  'pod-template-hash',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
]);

/** What is noted about one pod by whoever made, admitted or connected it. */
const NOTES_ABOUT_A_POD =
  /^([a-z.]*\.)?kubernetes\.io\/(config\.|limit-ranger|last-applied-configuration)|^(cni\.projectcalico\.org|k8s\.ovn\.org|outrigger\.dev)\/|^k8s\.v1\.cni\.cncf\.io\/network-?s?-?status$/;

/**
 * What makes a pod like these. It need not fit the schema of a spec: nothing is mounted into it, so no container
 * has to be named `model`.
 *
 * @param pods at least one, all of one template
 */
export function adoptedContent(pods: readonly AdoptablePod[], template: PodSpec): RevisionContent {
  const common = inAll(pods.map(({ labels }) => labels));
  const labels = without(common, (key) => CONTROLLER_LABELS.has(key) || key.startsWith(`${GROUP}/`));
  const annotations = without(inAll(pods.map((pod) => pod.annotations)), (key) =>
    NOTES_ABOUT_A_POD.test(key),
  );
  const metadata = {
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  };
  const hardware = hardwareOf(template);
  const content = {
    version: common[LABEL.version] || ADOPTED,
    template: { ...(Object.keys(metadata).length > 0 ? { metadata } : {}), spec: template },
    variants: [{ name: ADOPTED, ...(hardware === undefined ? {} : { hardware }) }],
  };
  // Through JSON, so that what is hashed now is what is read later.
  return JSON.parse(canonicalJson(content)) as RevisionContent;
}

/** Revision 0, promoted everywhere from its first moment on: what serves is the stable that a candidate is tried against. */
export function adoptedRevision(model: EdgeModel, content: RevisionContent, now: number): Revision {
  const hash = revisionHash(content);
  const at = new Date(now).toISOString();
  return {
    name: revisionName(model.metadata.name, hash),
    hash,
    uid: '',
    resourceVersion: '',
    ordinal: 0,
    createdAt: 0,
    controller: undefined,
    content,
    // Where somebody takes its mark away, the spec must not become a first revision, which is tried by nobody.
    first: false,
    promoted: { cohorts: { [ADOPTED]: { order: 1, at, by: 'Adopted' } }, complete: { order: 1, at } },
    rejected: [],
  };
}

export function isAdopted({ promoted }: Revision): boolean {
  return Object.values(promoted?.cohorts ?? {}).some(({ by }) => by === 'Adopted');
}

/** Nodes that such a pod does not go to are no place for revision 0, so that none waits there for good. */
function hardwareOf({ nodeSelector, affinity }: PodSpec): Hardware | undefined {
  const terms =
    affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const expressions = terms.length === 1 ? terms[0]?.matchExpressions : undefined;
  if (nodeSelector === undefined && expressions === undefined) return undefined;
  return {
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(expressions === undefined ? {} : { matchExpressions: expressions as Hardware['matchExpressions'] }),
  };
}

type Entries = Readonly<Record<string, string>>;

function inAll(maps: readonly Entries[]): Entries {
  const [first = {}, ...others] = maps;
  return without(first, (key) => others.some((each) => each[key] !== first[key]));
}

function without(map: Entries, which: (key: string) => boolean): Entries {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !which(key)));
}
