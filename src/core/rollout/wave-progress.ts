import { formatDuration } from '../../api/duration.ts';
import type { NodeState } from '../node/node-state.ts';
import { isDark } from '../node/reachability.ts';
import { servingSince } from '../node/pod-condition.ts';
import type { NodeView } from '../views/node-view.ts';
import { listSome, reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import { chargedDark, darkExcess } from './dark-excess.ts';
import type { DarkArms } from './dark-excess.ts';
import { tooDarkSince } from './darkness.ts';
import type { Darkness } from './darkness.ts';
import { judgeFailures } from './failure-budget.ts';
import type { FailureBudget } from './failure-budget.ts';

/** How far the nodes of a cohort that are to run the candidate have come. */
export type WaveProgress =
  | { readonly kind: 'Exceeded'; readonly reason: Reason }
  /** `until`: a node went dark a moment ago, and it would matter; ms, when that is decided. */
  | { readonly kind: 'Waiting'; readonly reason: Reason; readonly until?: number | undefined }
  /**
   * A person has to look, or time to pass: nothing is on its way. `darkSince`: for want of nodes that can be reached,
   * ms. `until`: ms, when it is looked at again although nothing has changed.
   */
  | {
      readonly kind: 'Holding';
      readonly reason: Reason;
      readonly darkSince?: number | undefined;
      readonly until?: number | undefined;
    }
  /** All reachable nodes serve the candidate. `since`: when the last of them became able to answer, ms. */
  | { readonly kind: 'Serving'; readonly since: number };

/** What dark nodes mean for the wave of a candidate; without it (no waves, nothing to compare with) they are left out. */
export interface WaveDarkness extends Darkness {
  readonly minReachable: number;
}

/**
 * @param nodes the nodes of the cohort in any wave so far
 */
export function waveProgress(
  cohort: string,
  nodes: readonly NodeState[],
  revision: string,
  budget: FailureBudget,
  darkness?: WaveDarkness,
): WaveProgress {
  const mine = nodes.filter(({ target }) => target?.revision === revision);
  const reachable = mine.filter(
    ({ phase }) => phase !== 'Offline' && phase !== 'SetAside' && phase !== 'Incompatible',
  );
  const again = new Set(darkness?.again.map(({ node }) => node.name));
  const failed = reachable.filter(({ phase, node }) => phase === 'Failed' && !again.has(node.name));
  const worst = failed[0]?.reason;
  const inReach = reachable.length + (darkness?.dark.length ?? 0);
  const failures = `${failed.length} of ${inReach} nodes of cohort ${cohort} failed, the worst on ${failed[0]?.node.name ?? ''}: ${worst?.message ?? ''}`;
  const repeats = darkness === undefined ? 0 : darkExcessBesideControls(darkness.repeated);
  const judged = (arms: DarkArms | undefined) =>
    judgeFailures(
      failed.length + repeats,
      inReach,
      budget,
      mine.length,
      arms === undefined ? 0 : chargedDark([arms]),
    );
  const verdict = judged(darkness?.counted);
  if (verdict === 'Exceeded') {
    const dark = darkness === undefined ? '' : inWords(cohort, darkness);
    return {
      kind: 'Exceeded',
      reason:
        failed.length === 0
          ? reason('NodesDark', dark)
          : reason(
              worst?.code ?? 'NodesFailed',
              (darkness?.dark.length ?? 0) > 0 ? `${failures}; ${dark}` : failures,
            ),
    };
  }

  if (mine.length > 0 && inReach === 0) {
    const away = mine.flatMap(({ node }) => awaySince(node) ?? []);
    return {
      kind: 'Holding',
      reason: reason(
        'NodesOffline',
        `none of the ${mine.length} nodes of this wave in cohort ${cohort} can be reached`,
      ),
      darkSince: darkness === undefined || away.length === 0 ? undefined : Math.max(darkness.began, ...away),
    };
  }
  if (darkness !== undefined) {
    const held = darkHold(cohort, darkness, judged(darkness.atWorst) === 'Exceeded');
    if (held !== undefined) return held;
  }
  const behind = reachable.filter(({ phase }) => phase !== 'Serving' && phase !== 'Failed');
  const closed = behind.filter(({ reason: why }) => why?.code === 'OutsideWindow');
  const troubled = behind.find((state) => state.reason !== undefined && isTrouble(state.reason));
  if (troubled?.reason !== undefined) {
    const names = behind
      .filter((state) => state.reason?.code === troubled.reason?.code)
      .map(({ node }) => node.name);
    return {
      kind: 'Holding',
      reason: reason(troubled.reason.code, `${listSome(names, 3)}: ${troubled.reason.message}`),
    };
  }
  // Only where nothing else is on its way there: the wave then waits for time to pass, and is charged nothing.
  if (closed.length > 0 && closed.length === behind.length) {
    const soonest = closed.toSorted(
      (a, b) => (a.opensAt ?? Infinity) - (b.opensAt ?? Infinity) || (a.node.name < b.node.name ? -1 : 1),
    )[0];
    return {
      kind: 'Waiting',
      reason: reason(
        'OutsideWindow',
        `${closed.length} of ${reachable.length} nodes of cohort ${cohort} wait for their update windows; ${soonest?.reason?.message ?? ''}`,
      ),
    };
  }
  if (behind.length > 0) {
    return {
      kind: 'Waiting',
      reason: reason(
        'Updating',
        `${reachable.length - behind.length - failed.length} of ${reachable.length} nodes of cohort ${cohort} serve the candidate`,
      ),
    };
  }
  // Darkness alone holds by the number of nodes that are left, above.
  if (verdict === 'Holds' && failed.length > 0)
    return { kind: 'Holding', reason: reason('NodesFailing', failures) };
  if (verdict === 'Holds' && repeats > 0 && darkness !== undefined)
    return {
      kind: 'Holding',
      reason: reason(
        'NodesSuspect',
        `${inWords(cohort, darkness)}: too few to blame the candidate, and too many to go on`,
      ),
      until: darkness.steadyAt,
    };
  return {
    kind: 'Serving',
    since: Math.max(
      0,
      ...reachable.map(({ targetPod }) => (targetPod === undefined ? 0 : (servingSince(targetPod) ?? 0))),
    ),
  };
}

/** A node that comes and goes is away since it first went: each return would otherwise begin the time anew. */
function awaySince(node: NodeView): number | undefined {
  return node.noticed?.unsteadySince ?? (isDark(node) ? node.readySince : undefined);
}

/** Whether the wave waits for dark nodes: for a moment where that would decide, or until enough of them are back. */
function darkHold(cohort: string, darkness: WaveDarkness, mayFail: boolean): WaveProgress | undefined {
  const { minReachable, ripeAt, dark, brief, updated } = darkness;
  const darkSince = tooDarkSince(darkness, minReachable);
  const lasting = { ...darkness, dark: dark.filter((state) => !brief.includes(state)) };
  const mayGoOn = darkSince !== undefined && tooDarkSince(lasting, minReachable) === undefined;
  if (ripeAt !== undefined && (mayFail || mayGoOn)) {
    return {
      kind: 'Waiting',
      reason: reason(
        'NodesSuspect',
        `${inWords(cohort, darkness)}; a darkness shorter than ${formatDuration(darkness.short)} may be a reboot, and is waited for until ${new Date(ripeAt).toISOString()}`,
      ),
      until: ripeAt,
    };
  }
  if (darkSince === undefined) return undefined;
  const left = `${updated.length - dark.length} of ${updated.length} can be reached, less than minReachable (${Math.round(minReachable * 100)}%)`;
  const words = inWords(cohort, darkness);
  const { counted } = darkness;
  const why =
    counted.controls === 0
      ? reason(
          'DarkWithoutControls',
          `${words}, and no node is left on stable to compare them with, so nothing is charged; ${left}`,
        )
      : darkExcess([counted]) === 0
        ? reason('SiteDark', `${words}: the candidate is not to blame; ${left}`)
        : reason('NodesSuspect', `${words}: too few to blame the candidate, and too many to go on; ${left}`);
  return { kind: 'Holding', reason: why, darkSince };
}

/** Repeated darkness is weighed as crashes are: no chance is stated, but what control nodes do as well is forgiven. */
function darkExcessBesideControls(arms: DarkArms): number {
  return arms.controls === 0 ? 0 : darkExcess([arms]);
}

function inWords(cohort: string, { dark, again, updated, atWorst }: Darkness): string {
  const names = [...new Set([...dark, ...again].map(({ node }) => node.name))];
  const repeated =
    again.length === 0
      ? ''
      : `; ${listSome(
          again.map(({ node }) => node.name),
          3,
        )} came back and went dark again`;
  return `${names.length} of ${updated.length} nodes of cohort ${cohort} that run the candidate went dark (${listSome(names, 3)}), ${atWorst.darkControls} of ${atWorst.controls} control nodes${repeated}`;
}

/** Reasons of a single node on which nothing goes on by itself, or not soon. */
function isTrouble({ code }: Reason): boolean {
  return code !== 'Terminating' && code !== 'OutsideWindow';
}
