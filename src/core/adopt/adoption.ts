import { canonicalJson } from '../../api/canonical.ts';
import { LABEL } from '../../api/names.ts';
import type { EdgeModel } from '../../api/edge-model.ts';
import type { OwnerReference } from '../../api/object-meta.ts';
import type { AdoptableNeed } from '../decision.ts';
import { selectorMismatch } from '../hardware/node-selector.ts';
import type { Observed } from '../observed.ts';
import { listSome, reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { PodSpec } from '../pods/pod-template.ts';
import type { Revision } from '../revision/revision.ts';
import type { AdoptablePod } from './adoptable-pod.ts';
import { adoptedContent, adoptedRevision, isAdopted } from './adopted-revision.ts';
import { notAlike } from './not-alike.ts';

/** What `spec.adopt` still asks for. */
export type AdoptionStep =
  /** Nothing, or nothing any more. `nothingFound`: there was nothing from the start. */
  | { readonly kind: 'None'; readonly nothingFound: boolean }
  | { readonly kind: 'Need'; readonly need: AdoptableNeed }
  /** Something is off, and until it is mended nothing moves. */
  | { readonly kind: 'Hold'; readonly reason: Reason; readonly retryAt: number }
  /** `stored`: revision 0 is there already. */
  | {
      readonly kind: 'Take';
      readonly revision: Revision;
      readonly stored: boolean;
      readonly pods: readonly AdoptablePod[];
    };

const ASK_FROM_MS = 5_000;
const ASK_TO_MS = 60_000;
const MIRROR = 'kubernetes.io/config.mirror';
const NONE: AdoptionStep = { kind: 'None', nothingFound: false };

/**
 * Whether pods are to be taken over now. Derived from the cluster alone: as long as no revision but revision 0 is
 * stored, what matches and does not carry its label is still to be taken; once the spec's own revision is stored,
 * adopt is history.
 *
 * @param observed the model's own objects alone
 */
export function adoption(observed: Observed, model: EdgeModel, now: number): AdoptionStep {
  const { adopt } = model.spec;
  const [known] = observed.revisions;
  if (adopt === undefined || !observed.revisions.every(isAdopted)) return NONE;
  // Of a former model of this name: StableUnknown says what can be done.
  if (known === undefined && observed.pods.some(({ deleting }) => !deleting)) return NONE;

  const selector = Object.entries(adopt.selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const need: AdoptionStep = { kind: 'Need', need: { kind: 'AdoptablePods', selector } };
  const answer = observed.adoptable;
  if (answer === undefined || answer.selector !== selector) return need;
  const due = answer.at + Math.min(ASK_TO_MS, ASK_FROM_MS * 2 ** Math.min(answer.tries - 1, 10));
  const step = look(observed, model, known, answer.pods, now);
  if (step.kind === 'Hold') return answer.fresh || now < due ? { ...step, retryAt: due } : need;
  // What is done to pods rests on what was seen in this pass.
  return answer.fresh || (step.kind === 'None' && now < due) ? step : need;
}

type Look =
  | Extract<AdoptionStep, { kind: 'None' | 'Take' }>
  | Omit<Extract<AdoptionStep, { kind: 'Hold' }>, 'retryAt'>;

function look(
  observed: Observed,
  model: EdgeModel,
  known: Revision | undefined,
  found: readonly AdoptablePod[],
  now: number,
): Look {
  const nodes = new Set(
    observed.nodes
      .filter(({ labels }) => selectorMismatch(model.spec.nodeSelector, labels) === undefined)
      .map(({ name }) => name),
  );
  const here = found.filter(
    (pod) =>
      !pod.deleting &&
      !pod.ended &&
      pod.annotations[MIRROR] === undefined &&
      [undefined, model.metadata.name].includes(pod.labels[LABEL.model]) &&
      (pod.node === undefined || nodes.has(pod.node)),
  );
  const trouble = owned(here, model) ?? ambiguous(here);
  if (trouble !== undefined) return { kind: 'Hold', reason: trouble };
  const left = here.filter(
    ({ node, labels }) =>
      node !== undefined && (known === undefined || labels[LABEL.revision] !== known.hash),
  );
  const groups = [...Map.groupBy(left, ({ template }) => canonicalJson(template)).values()].toSorted(
    (a, b) => b.length - a.length || ((a[0]?.name ?? '') < (b[0]?.name ?? '') ? -1 : 1),
  );
  const [first] = groups[0] ?? [];
  if (first === undefined) return { kind: 'None', nothingFound: known === undefined };
  const template = (known?.content.template.spec as PodSpec | undefined) ?? first.template;
  const mixed = notAlike(template, groups, model.metadata.namespace ?? '');
  if (mixed !== undefined) return { kind: 'Hold', reason: mixed };
  const revision = known ?? adoptedRevision(model, adoptedContent(left, template), now);
  return { kind: 'Take', revision, stored: known !== undefined, pods: left };
}

/** A pod of the model itself, or one that goes with its node, as deletionPolicy Orphan leaves them, is free. */
function ownerOf(pod: AdoptablePod, model: EdgeModel): OwnerReference | undefined {
  return pod.ownerReferences.find(
    ({ controller, kind, uid }) => controller === true && kind !== 'Node' && uid !== model.metadata.uid,
  );
}

function owned(pods: readonly AdoptablePod[], model: EdgeModel): Reason | undefined {
  const theirs = pods.filter((pod) => ownerOf(pod, model) !== undefined);
  const owner = theirs.map((pod) => ownerOf(pod, model)).find((each) => each !== undefined);
  if (owner === undefined) return undefined;
  const what = `${owner.kind} ${owner.name}`;
  const command = `kubectl delete ${owner.kind.toLowerCase()} ${owner.name} --namespace ${model.metadata.namespace} --cascade=orphan`;
  const above = owner.kind === 'ReplicaSet' ? ', and the Deployment above it first, in the same way' : '';
  return reason(
    'AdoptOwned',
    `${theirs.length} of ${pods.length} pods that spec.adopt matches still belong to ${what}, such as ${theirs[0]?.name}; ` +
      `nothing is taken over, and nothing else starts, until they are released: ${command}${above}`,
  );
}

function ambiguous(pods: readonly AdoptablePod[]): Reason | undefined {
  const bound = pods.filter(({ node }) => node !== undefined);
  const doubled = [...Map.groupBy(bound, ({ node }) => node ?? '')].filter(([, each]) => each.length > 1);
  const [first] = doubled.toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (first === undefined) return undefined;
  const [node, twins] = first;
  return reason(
    'AdoptAmbiguous',
    `spec.adopt matches more than one pod on ${doubled.length} nodes: on ${node} ${listSome(twins.map(({ name }) => name).toSorted())}; ` +
      'one pod of a model serves on a node, so nothing is taken over; narrow spec.adopt.selector, or delete those that are not to serve',
  );
}
