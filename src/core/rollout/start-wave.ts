import type { Surveyed } from '../fleet/survey.ts';
import { listSome, reason } from '../reason.ts';
import type { AdvanceInput, Advance } from './advance-outcome.ts';
import { wait } from './advance-outcome.ts';
import { withStep } from './memory.ts';
import type { WaveStep } from './memory.ts';
import { nextWave } from './next-wave.ts';
import { asideIn, isBack } from './set-aside.ts';

/** Cohorts that can go on start together at the first wave; one that was set aside starts later, on its own. */
export function beginWalk(input: AdvanceInput): Advance {
  const ready = canBegin(input, input.open);
  if (ready.length === 0) {
    const names = [...input.open.keys()];
    const aside = names.flatMap((name) => asideIn(input.memory, name) ?? [])[0];
    return wait(
      'Holding',
      aside ??
        reason(
          'NodesOffline',
          `no node of cohort ${listSome(names, 3)} can be reached; the rollout goes on when one returns`,
        ),
      {},
    );
  }
  const walk = { cohorts: ready.map(([name]) => name), steps: [] };
  const walks = input.memory.walks.filter(({ steps }) => steps.length > 0);
  return startWave({ ...input, memory: { ...input.memory, walks: [...walks, walk] } }, new Map(ready), 0);
}

/** Cohorts with somebody to ask, and with the nodes that took the candidate before they were set aside. */
export function canBegin(
  { memory, states, settings, now }: AdvanceInput,
  open: AdvanceInput['open'],
): [string, readonly Surveyed[]][] {
  return [...open].filter(
    ([cohort, nodes]) =>
      nodes.some((each) => each.reachable && each.setAside === undefined) &&
      isBack(memory, cohort, states, settings.limits.minReachable, now),
  );
}

export function startWave(
  input: AdvanceInput,
  walking: ReadonlyMap<string, readonly Surveyed[]>,
  from: number,
): Advance {
  const { memory, settings, decisions } = input;
  const step = nextWave({
    memory,
    cohorts: walking,
    from,
    canarySelector: settings.canarySelector,
    holdback: settings.limits.holdback,
    now: input.now,
  });
  const wave = step && memory.waves[step.index];
  if (step === undefined || wave === undefined) {
    return wait('Holding', reason('NoWave', 'the frozen waves of this attempt are exhausted'), {});
  }
  if (settings.paused)
    return wait('Paused', reason('Paused', `spec.paused is set; wave ${wave.name} is next`), {});
  // A wave that is passed over because it adds no node is still a place at which people wanted to be asked. Who
  // approves a later one approves those before it: the annotation names one wave, and they add nothing to it.
  const gates = memory.waves.slice(from, step.index + 1).filter(({ approvalRequired }) => approvalRequired);
  const approved = gates.findLastIndex(({ name }) =>
    decisions.approves(memory.revision, memory.attempt, name),
  );
  const gate = gates[approved + 1];
  if (gate !== undefined) {
    const value = `${memory.revision}.${memory.attempt}/${gate.name}`;
    return wait(
      'AwaitingApproval',
      reason(
        'ApprovalRequired',
        `wave ${gate.name} waits for a person; approve it with the annotation outrigger.dev/approve=${value}`,
      ),
      { approval: value },
    );
  }
  const added = Object.values(step.cohorts).reduce((sum, { nodes }) => sum + nodes.length, 0);
  return {
    kind: 'Remember',
    memory: withStep(memory, withFormerPods(step, walking, input.stablePod)),
    event: reason(
      'WaveStarted',
      `wave ${wave.name} of ${memory.version} adds ${added} nodes in ${walking.size} cohorts`,
    ),
  };
}

/**
 * Pods that were taken over from somebody else have names that nobody can tell once they are gone, and their samples are
 * the past of their nodes.
 */
function withFormerPods(
  step: WaveStep,
  walking: ReadonlyMap<string, readonly Surveyed[]>,
  stablePod: AdvanceInput['stablePod'],
): WaveStep {
  const cohorts = Object.entries(step.cohorts).map(([cohort, roster]) => {
    const judged = new Set([...roster.nodes, ...roster.controls]);
    const former = (walking.get(cohort) ?? []).flatMap(({ node, pods, stable }) => {
      const pod = pods.find(({ role, revision }) => role === 'serve' && revision === stable?.revision);
      const isOwn = pod === undefined || pod.name === stablePod(node.name);
      return isOwn || !judged.has(node.name) ? [] : [[node.name, pod.name] as const];
    });
    return [
      cohort,
      former.length === 0 ? roster : { ...roster, formerPods: Object.fromEntries(former) },
    ] as const;
  });
  return { ...step, cohorts: Object.fromEntries(cohorts) };
}
