import { resolveCount } from '../../src/api/fraction.ts';
import type { Metric } from '../../src/api/metric.ts';
import type { Pod } from '../../src/sim/fleet/pod.ts';
import { readyCondition } from '../../src/sim/fleet/node.ts';
import { isReady, modelPod, type ModelPod, type State } from './state.ts';
import { isWindowOpen } from './window-at.ts';
import { inWords, type Write } from './write.ts';

/**
 * Section 9 of the design, asked at each write of each operator, over what the API server held just before it.
 * Written from the design and the manifests alone, so that it shares no mistake with the core.
 */
export class Invariants {
  readonly violations: string[] = [];
  readonly #nodesHeardWithinMs: number;
  readonly #podsHeardWithinMs: number;
  /** Nodes that lost their only serving pod to an operator and have none again: model/node to cohort. */
  readonly #out = new Map<string, string>();
  /** Nodes of a cohort when a wave was first seen: the largest number that can have counted. */
  readonly #eligible = new Map<string, number>();

  /** @param options `heardWithinMs`: how long a write may still rest on what a node or a pod was before */
  constructor({ heardWithinMs }: { readonly heardWithinMs?: number } = {}) {
    this.#nodesHeardWithinMs = heardWithinMs ?? 1_000;
    this.#podsHeardWithinMs = heardWithinMs ?? 0;
  }

  check(write: Write, state: State): void {
    this.#recount(state);
    const { method, resource } = write;
    if (resource === 'pods' && method === 'DELETE') this.#deletion(write, state);
    if (resource === 'pods' && method === 'POST') {
      this.#creation(write, state);
      this.#pulls(write, state);
    }
    if (resource === 'controllerrevisions' && method === 'PATCH') this.#mark(write, state);
    this.checkSpec(write);
  }

  /** What needs no state. */
  checkSpec(write: Write): void {
    const { resource, body } = write;
    if ((resource === 'edgemodels' || resource === 'edgerollouts') && 'spec' in (body as object)) {
      this.#violated(write, '7th idea', 'a spec is written');
    }
  }

  #deletion(write: Write, state: State): void {
    const pod = state.pods.find(({ name }) => name === write.name);
    if (pod === undefined) return;
    const { uid } = (write.body as { preconditions?: { uid?: string } } | undefined)?.preconditions ?? {};
    if (uid === undefined) this.#violated(write, 'uid', 'the delete has no uid precondition');
    if (this.#wasLost(state, pod.node, write.at)) this.#violated(write, '4', `node ${pod.node} is not Ready`);
    if (pod.role !== 'serve' || !pod.ready || pod.deleting || !selects(state, pod)) return;
    // A pod that kept crashing may be Ready since a moment, of which no watch can have told.
    if (write.at - (pod.readySince ?? 0) < this.#podsHeardWithinMs) return;
    const beside = state.pods.filter(
      (each) =>
        each.model === pod.model && each.node === pod.node && each.name !== pod.name && !each.deleting,
    );
    if (beside.some(({ role, ready }) => role === 'serve' && ready)) return;
    this.#window(write, state, pod);
    if (
      !beside.some(({ role, ready, revision }) => role === 'prefetch' && ready && revision !== pod.revision)
    ) {
      this.#violated(
        write,
        '3',
        `the only serving pod of node ${pod.node} (${pod.version}) goes, and nothing is fetched there: ${beside.map(({ role, version, ready }) => `${role} ${version}${ready ? '' : ' not Ready'}`).join(', ') || 'no pod beside it'}`,
      );
    }
    this.#out.set(`${pod.model}/${pod.node}`, pod.cohort);
    const mine = [...this.#out].filter(
      ([key, cohort]) => key.startsWith(`${pod.model}/`) && cohort === pod.cohort,
    );
    const limits = state.rollouts.find(({ spec }) => spec.modelRef.name === pod.model)?.spec.limits;
    const reachable = [...this.#cohortNodes(state, pod)].filter((node) =>
      isReady(state.nodes.get(node)),
    ).length;
    const most = Math.max(1, resolveCount(limits?.maxUnavailable ?? '10%', reachable));
    if (mine.length > most) {
      this.#violated(
        write,
        '5',
        `${mine.length} of ${reachable} nodes of ${pod.cohort} are out, at most ${most} may be`,
      );
    }
  }

  #creation(write: Write, state: State): void {
    const pod = modelPod(write.body as Pod);
    if (this.#wasLost(state, pod.node, write.at)) {
      this.#violated(write, '4', `a pod is made for node ${pod.node}, which is not Ready`);
    }
    if (pod.role !== 'serve') return;
    const old = state.pods.find(
      ({ node, model, role, ready, deleting }) =>
        node === pod.node && model === pod.model && role === 'serve' && ready && !deleting,
    );
    if (old !== undefined) this.#window(write, state, old);
    const twin = state.pods.find(
      ({ node, model, role, revision, deleting, name }) =>
        node === pod.node &&
        model === pod.model &&
        role === 'serve' &&
        revision === pod.revision &&
        !deleting &&
        name !== pod.name,
    );
    if (twin !== undefined)
      this.#violated(write, 'one pod', `node ${pod.node} has ${twin.name} of the same revision`);
    const revision = state.revisions.find(({ hash, model }) => hash === pod.revision && model === pod.model);
    if (revision === undefined) {
      this.#violated(write, 'derive', `revision ${pod.revision} of the pod is not stored`);
      return;
    }
    const memories = state.memories.filter(
      ({ model, revision: hash }) => model === pod.model && hash === pod.revision,
    );
    const attempt = Math.max(0, ...memories.map((memory) => memory.attempt));
    const isPromoted =
      revision.promoted?.complete !== undefined || revision.promoted?.cohorts[pod.cohort] !== undefined;
    const rejected = revision.rejected.find(
      (mark) => (mark.cohort === '*' || mark.cohort === pod.cohort) && mark.attempt >= attempt,
    );
    if (rejected !== undefined && !isPromoted) {
      this.#violated(write, '2', `revision ${pod.revision} was rejected in attempt ${rejected.attempt}`);
    }
    const memory = memories.find((each) => each.attempt === attempt);
    if (!isPromoted && memory !== undefined) this.#waveSize(write, state, pod, memory);
  }

  /** A switch begins only inside an update window of the node, but for one that leaves a rejected revision. */
  #window(write: Write, state: State, old: ModelPod): void {
    const rollout = state.rollouts.find(({ spec }) => spec.modelRef.name === old.model);
    if (rollout?.spec.updateWindows === undefined) return;
    const runs = state.revisions.find(({ hash, model }) => hash === old.revision && model === old.model);
    const rejected = runs?.rejected.some(({ cohort }) => cohort === '*' || cohort === old.cohort) === true;
    if (rejected || isWindowOpen(rollout.spec, state.nodes.get(old.node)?.metadata.labels ?? {}, write.at))
      return;
    this.#violated(write, 'windows', `node ${old.node} begins to change outside its update windows`);
  }

  /** No pull begins while as many are under way, of all models, as the model's rollout allows. */
  #pulls(write: Write, state: State): void {
    const pod = modelPod(write.body as Pod);
    const mine = state.pods.filter(({ node, model }) => node === pod.node && model === pod.model);
    const fetched = mine.some(
      ({ role, ready, revision, variant }) =>
        role === 'prefetch' && ready && revision === pod.revision && variant === pod.variant,
    );
    // What is there does not serve, or is a rejected revision: that waits for no other model.
    const stands = mine.filter(({ role, deleting }) => role === 'serve' && !deleting);
    const outage = stands.length > 0 && !stands.some(({ ready }) => ready);
    const goesBack = stands.some(({ revision, model }) =>
      state.revisions.some(
        (each) => each.hash === revision && each.model === model && each.rejected.length > 0,
      ),
    );
    if (fetched || outage || goesBack) return;
    const limits = state.rollouts.find(({ spec }) => spec.modelRef.name === pod.model)?.spec.limits;
    const most = Math.max(1, resolveCount(limits?.maxPrefetching ?? 5, this.#selected(state, pod)));
    const underWay = state.pods.filter(
      ({ fetching, node, name }) => fetching && name !== pod.name && this.#isBack(state, node, write.at),
    );
    if (underWay.length >= most)
      this.#violated(write, 'pulls', `${underWay.length} pulls are under way, ${most} may be`);
  }

  #selected(state: State, pod: ModelPod): number {
    return [...state.nodes.keys()].filter((node) => selects(state, { ...pod, node })).length;
  }

  /** Invariant 6. */
  #waveSize(write: Write, state: State, pod: ModelPod, memory: State['memories'][number]): void {
    const step = memory.walks.at(-1)?.steps.at(-1);
    const wave = step && memory.waves[step.index];
    if (step === undefined || wave === undefined) {
      this.#violated(write, '6', 'a pod of a candidate is made before its first wave is remembered');
      return;
    }
    const key = `${pod.model}/${pod.revision}/${memory.attempt}/${step.index}/${pod.cohort}`;
    const listed = state.rollouts
      .find(({ spec }) => spec.modelRef.name === pod.model)
      ?.status?.cohorts?.find(({ name }) => name === pod.cohort);
    const eligible = this.#eligible.get(key) ?? listed?.nodes ?? this.#cohortNodes(state, pod).size;
    this.#eligible.set(key, eligible);
    const sizes = memory.waves.slice(0, step.index + 1).map(({ nodes }) => resolveCount(nodes, eligible));
    const isLast = step.index === memory.waves.length - 1;
    const most = isLast ? eligible : Math.min(Math.max(...sizes), Math.max(1, Math.floor(eligible / 2)));
    const running = new Set(
      state.pods
        .filter(
          ({ model, revision, cohort, role }) =>
            model === pod.model && revision === pod.revision && cohort === pod.cohort && role === 'serve',
        )
        .map(({ node }) => node),
    );
    if (running.add(pod.node).size > most) {
      this.#violated(
        write,
        '6',
        `wave ${wave.name} has ${running.size} of ${eligible} nodes of ${pod.cohort}, at most ${most} are its size`,
      );
    }
  }

  /** Invariant 1: what is promoted by the judge has a Pass of each metric, and no Fail in its last look. */
  #mark(write: Write, state: State): void {
    const annotations = (write.body as { metadata?: { annotations?: Record<string, string> } }).metadata
      ?.annotations;
    const text = annotations?.['outrigger.dev/promoted'];
    const revision = state.revisions.find(({ name }) => name === write.name);
    if (text === undefined || revision === undefined) return;
    const { cohorts } = JSON.parse(text) as { cohorts: Record<string, { by: string }> };
    const news = Object.entries(cohorts).filter(([name]) => revision.promoted?.cohorts[name] === undefined);
    if (!news.some(([, { by }]) => by === 'Judge')) return;
    const memory = state.memories
      .filter(({ model, revision: hash }) => model === revision.model && hash === revision.hash)
      .toSorted((a, b) => b.attempt - a.attempt)[0];
    const looks = memory?.walks.flatMap(({ steps }) =>
      steps.flatMap(({ windows, trials = [] }) =>
        [...windows, ...trials].flatMap(({ verdicts }) => verdicts ?? []),
      ),
    );
    const passes = new Set(looks?.filter(({ verdict }) => verdict === 'Pass').map(({ metric }) => metric));
    const missing = memory?.metrics.map(nameOf).filter((name) => !passes.has(name)) ?? ['all'];
    if (missing.length > 0) this.#violated(write, '1', `promoted without a Pass of ${missing.join(', ')}`);
    if (looks?.some(({ verdict }) => verdict === 'Fail')) this.#violated(write, '1', 'promoted over a Fail');
  }

  /** Nodes that serve again, or went dark by themselves, are not out because of an operator any more. */
  #recount(state: State): void {
    for (const key of this.#out.keys()) {
      const [model, node] = key.split('/');
      const serves = state.pods.some(
        (pod) =>
          pod.model === model && pod.node === node && pod.role === 'serve' && pod.ready && !pod.deleting,
      );
      if (serves || !isReady(state.nodes.get(node ?? ''))) this.#out.delete(key);
    }
  }

  #cohortNodes(state: State, pod: ModelPod): Set<string> {
    const serving = state.pods.filter(({ model, cohort }) => model === pod.model && cohort === pod.cohort);
    return new Set([
      ...serving.map(({ node }) => node),
      ...[...this.#out].filter(([, cohort]) => cohort === pod.cohort).map(([key]) => key.split('/')[1] ?? ''),
      pod.node,
    ]);
  }

  /** Not Ready, and not only since a moment, of which no watch can have told. */
  #wasLost({ nodes }: State, name: string, now: number): boolean {
    const node = nodes.get(name);
    const changed = node === undefined ? undefined : readyCondition(node)?.lastTransitionTime;
    return !isReady(node) && !(changed !== undefined && now - Date.parse(changed) < this.#nodesHeardWithinMs);
  }

  /** Ready, and not only since a moment, of which no watch can have told: an unreachable node's pull is not counted. */
  #isBack({ nodes }: State, name: string, now: number): boolean {
    const node = nodes.get(name);
    const changed = node === undefined ? undefined : readyCondition(node)?.lastTransitionTime;
    return isReady(node) && !(changed !== undefined && now - Date.parse(changed) < this.#nodesHeardWithinMs);
  }

  #violated(write: Write, which: string, what: string): void {
    this.violations.push(`${inWords(write)}: invariant ${which}: ${what}`);
  }
}

function nameOf(metric: Metric): string {
  return metric.name ?? metric.preset ?? '';
}

/** Whether the model is there and wants the node at all. */
function selects({ models, nodes }: State, pod: ModelPod): boolean {
  const model = models.find(({ metadata }) => metadata.name === pod.model);
  if (model === undefined || model.metadata.deletionTimestamp !== undefined) return false;
  const labels = nodes.get(pod.node)?.metadata.labels ?? {};
  return Object.entries(model.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
}
