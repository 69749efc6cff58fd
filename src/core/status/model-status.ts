import type { EdgeModelStatus } from '../../api/edge-model-status.ts';
import type { EdgeModel } from '../../api/edge-model.ts';
import { setCondition } from '../../api/condition.ts';
import { clip } from '../../api/text.ts';
import { promotionOrder } from '../revision/revision.ts';
import type { Revision } from '../revision/revision.ts';
import type { Situation } from '../situation.ts';
import { CONDITION_MESSAGE_MAX, kstatusConditions } from './conditions.ts';
import { countNodes } from './counts.ts';
import { exceptions } from './exceptions.ts';
import type { Headline } from './headline.ts';
import { suspectReasons } from './suspects.ts';

export function modelStatus(
  model: EdgeModel,
  situation: Situation,
  revisions: readonly Revision[],
  headline: Headline,
  nowMs: number,
): EdgeModelStatus {
  const now = new Date(nowMs).toISOString();
  const states = [...situation.states.values()];
  const counts = countNodes(states, situation.hash);
  const generation = model.metadata.generation ?? 0;
  const stable = newestStable(situation, revisions);
  const accepted = situation.accepted;
  let conditions = kstatusConditions(model.status?.conditions ?? [], headline, generation, now);
  if (accepted !== undefined) {
    conditions = setCondition(
      conditions,
      accepted === 'Accepted'
        ? {
            type: 'Accepted',
            status: 'True',
            reason: 'Accepted',
            message: 'the API server takes the pods of this revision',
            observedGeneration: generation,
          }
        : {
            type: 'Accepted',
            status: accepted.code === 'PodNotTried' ? 'Unknown' : 'False',
            reason: accepted.code,
            message: clip(accepted.message, CONDITION_MESSAGE_MAX),
            observedGeneration: generation,
          },
      now,
    );
  }
  return {
    observedGeneration: generation,
    currentRevision: situation.hash,
    ...(stable === undefined ? {} : { stableRevision: stable.hash, version: stable.content.version }),
    phase: headline.status.slice(0, 64),
    nodes: {
      eligible: states.length,
      ready: counts.ready,
      offline: counts.offline,
      lagging: counts.lagging,
      incompatible: situation.survey.eligible.filter(({ fit }) => !fit.fits).length,
    },
    variants: situation.content.variants.map(({ name }) => {
      const mine = states.filter(({ target }) => target?.variant.name === name);
      return {
        name,
        nodes: mine.length,
        ready: mine.filter(({ phase, serving }) => phase !== 'Offline' && serving?.variant === name).length,
      };
    }),
    exceptions: exceptions(states, model.status?.exceptions ?? [], now, suspectReasons(situation, nowMs)),
    conditions: [...conditions],
  };
}

/** The newest revision that is promoted in every cohort that can be reached. */
export function newestStable(situation: Situation, revisions: readonly Revision[]): Revision | undefined {
  const hashes = new Set(
    situation.survey.eligible.flatMap(({ stable }) => (stable === undefined ? [] : [stable.revision])),
  );
  const candidates = revisions.filter(({ hash }) => hashes.has(hash));
  const everywhere = candidates.filter((revision) =>
    situation.survey.eligible.every(
      ({ stable, current, reachable }) =>
        (stable === undefined && (!reachable || current === undefined)) ||
        stable?.revision === revision.hash ||
        (stable !== undefined && promotionOrder(revision, stable.cohort) > 0),
    ),
  );
  const known =
    situation.survey.eligible.length > 0
      ? everywhere
      : revisions.filter(({ promoted }) => promoted !== undefined);
  return known.toSorted((a, b) => order(b) - order(a))[0];
}

function order({ promoted }: Revision): number {
  return (
    promoted?.complete?.order ??
    Math.max(0, ...Object.values(promoted?.cohorts ?? {}).map((each) => each.order))
  );
}
