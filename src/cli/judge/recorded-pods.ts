import type { EdgeModel } from '../../api/edge-model.ts';
import { survey } from '../../core/fleet/survey.ts';
import type { Surveyed } from '../../core/fleet/survey.ts';
import { podName } from '../../core/pods/serve-pod.ts';
import type { PromotedMark, Revision } from '../../core/revision/revision.ts';
import type { PodsOfNode } from '../../core/rollout/judged-nodes.ts';
import type { NodeView } from '../../core/views/node-view.ts';
import type { PodView } from '../../core/views/pod-view.ts';
import type { RecordedWave } from './recorded-wave.ts';

/** What the cluster knows of a model now. */
export interface ModelObjects {
  readonly model: EdgeModel;
  readonly nodes: readonly NodeView[];
  readonly pods: readonly PodView[];
  readonly revisions: readonly Revision[];
}

/** The names of pods as they were while a wave was judged, whether they are still there or not. */
export interface RecordedPods {
  readonly pods: ReadonlyMap<string, PodsOfNode>;
  readonly stablePod: (node: string) => string | undefined;
  /** The variant that the wave's candidates of a cohort run. */
  readonly variantOf: (cohort: string) => string;
}

/** A pod's name follows from the model, the revision, the variant and the node, so that one that is gone can be named. */
export function recordedPods(
  { model, nodes, pods, revisions }: ModelObjects,
  { memory, step, record }: RecordedWave,
  now: number,
): RecordedPods {
  const surveyed = surveyThen({ model, nodes, pods, revisions }, memory, Date.parse(step.startedAt), now);
  const stablePod = (node: string): string | undefined => {
    const stable = surveyed.get(node)?.stable;
    return stable && podName('serve', model, stable.revision, stable.variant.name, node);
  };
  const variantOf = (cohort: string): string => {
    for (const node of step.cohorts[cohort]?.nodes ?? []) {
      const current = surveyed.get(node)?.current;
      if (current?.cohort === cohort) return current.variant.name;
    }
    // A cohort is named by its variant first; its nodes may all be gone.
    return cohort.split('.')[0] ?? cohort;
  };
  const names = new Map<string, PodsOfNode>();
  for (const cohort of record.cohorts) {
    const { nodes: chosen = [], controls = [], formerPods } = step.cohorts[cohort] ?? {};
    const variant = variantOf(cohort);
    for (const node of chosen) {
      const name = podName('serve', model, memory.revision, variant, node);
      names.set(node, { targetPod: { name }, serving: undefined });
    }
    for (const node of controls) {
      const name = formerPods?.[node] ?? stablePod(node);
      names.set(node, { targetPod: undefined, serving: name === undefined ? undefined : { name } });
    }
  }
  return { pods: names, stablePod, variantOf };
}

/** By node name: what was stable there when the wave started. */
function surveyThen(
  { nodes, pods, revisions }: ModelObjects,
  memory: RecordedWave['memory'],
  at: number,
  now: number,
): ReadonlyMap<string, Surveyed> {
  const candidate = revisions.find(({ hash }) => hash === memory.revision) ?? revisions[0];
  if (candidate === undefined) return new Map();
  const { eligible } = survey(
    {
      revision: memory.revision,
      content: candidate.content,
      // The model may select other nodes by now.
      nodeSelector: undefined,
      cohortsBy: memory.cohortsBy,
      nodes,
      pods,
      revisions: revisions
        .filter(({ hash }) => hash !== memory.revision)
        .map((revision) => ({ ...revision, promoted: promotedBefore(revision, at) })),
      mismatchedSince: new Map(),
    },
    now,
  );
  return new Map(eligible.map((each) => [each.node.name, each]));
}

/** Marks that came later are left out. */
function promotedBefore({ promoted, createdAt, ordinal }: Revision, at: number): PromotedMark | undefined {
  if (promoted === undefined || createdAt >= at) return undefined;
  const { complete } = promoted;
  const cohorts = Object.entries(promoted.cohorts).filter(([, mark]) => Date.parse(mark.at) < at);
  const before = complete !== undefined && Date.parse(complete.at) < at;
  if (cohorts.length > 0 || before)
    return { cohorts: Object.fromEntries(cohorts), ...(before && { complete }) };
  // A revision that people went back to has the mark of its newest promotion only: it counts where nothing else does.
  return { cohorts: {}, complete: { order: ordinal / BEHIND_ALL, at: new Date(0).toISOString() } };
}

/** Makes an order of promotion smaller than any real one, which count from 1. */
const BEHIND_ALL = 1e9;
