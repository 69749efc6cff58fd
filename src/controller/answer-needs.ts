import { adoptablePods } from '../core/adopt/adoptable-pod.ts';
import type { AdoptableNeed, DryRunNeed, Need } from '../core/decision.ts';
import type { Acceptance } from '../core/observed.ts';
import { takenLook } from '../core/rollout/judge-need.ts';
import type { Evidence } from '../judge/evidence.ts';
import type { Clock } from './clock.ts';
import { tryRevision } from './dry-run.ts';
import { type JudgeOptions, judgeWave, ownerKey } from './judge-wave.ts';
import { metricEvidence } from './metric-evidence.ts';
import type { ModelKey } from './model-key.ts';
import type { ModelMemory } from './model-memory.ts';
import type { NodeRecords } from './node-records.ts';
import type { ClusterWriter } from './ports/cluster-writer.ts';
import type { Log } from './ports/log.ts';

export interface AnswerOptions extends JudgeOptions {
  readonly writer: Pick<ClusterWriter, 'tryPod' | 'findPods'>;
  readonly clock: Clock;
  readonly records: Pick<NodeRecords, 'ask'>;
}

/**
 * Answers everything at once. What was said of a revision, which pods could be adopted, what was noticed of nodes and
 * the judge's looks go into memory, because they hold for longer than a pass; evidence is returned by the need's key,
 * because it is stale a minute later.
 */
export async function answerNeeds(
  options: AnswerOptions,
  key: ModelKey,
  needs: readonly Need[],
  memory: ModelMemory,
  log: Log,
): Promise<ReadonlyMap<string, Evidence>> {
  const evidence = new Map<string, Evidence>();
  await Promise.all(
    needs.map(async (need) => {
      switch (need.kind) {
        case 'DryRun':
          return accept(options, key, need, memory, log);
        case 'AdoptablePods':
          return findAdoptable(options, key, need, memory);
        case 'Leases':
          return options.records.ask(need.nodes, log);
        case 'Judge':
          memory.sampledFor = ownerKey(need.namespace, need.owner);
          memory.noteLook(takenLook(need, await judgeWave(options, need), options.clock.now()));
          return;
        case 'Metric':
          evidence.set(need.key, await metricEvidence(options, need));
      }
    }),
  );
  return evidence;
}

async function findAdoptable(
  { writer, clock }: AnswerOptions,
  { namespace }: ModelKey,
  { selector }: AdoptableNeed,
  memory: ModelMemory,
): Promise<void> {
  const pods = adoptablePods(await writer.findPods(namespace, selector));
  const tries = (memory.adoptable?.tries ?? 0) + 1;
  memory.adoptable = { selector, pods, at: clock.now(), tries, fresh: true };
}

async function accept(
  { writer, clock }: AnswerOptions,
  { namespace }: ModelKey,
  need: DryRunNeed,
  memory: ModelMemory,
  log: Log,
): Promise<void> {
  const before = memory.acceptance.get(need.revision);
  const tries = before !== undefined && 'tries' in before ? before.tries : 0;
  const acceptance = await tryRevision(writer, namespace, need, tries, () => clock.now());
  memory.acceptance.set(need.revision, acceptance);
  logAcceptance(log, need.revision, acceptance);
}

function logAcceptance(log: Log, revision: string, acceptance: Acceptance): void {
  switch (acceptance.status) {
    case 'Accepted':
      return log.info({ revision }, 'the API server would take the pods of the revision');
    case 'PrefetchUnavailable':
      return log.warn(
        { revision, reason: acceptance.message },
        'the API server takes no prefetch pods of the revision',
      );
    case 'Refused':
    case 'Unknown': {
      const { variant, message, tries, status } = acceptance;
      return log.warn(
        { revision, variant, tries, status, reason: message },
        'the pods of the revision were not accepted',
      );
    }
  }
}
