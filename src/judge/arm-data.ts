import type { ArmMember, CohortArms } from './cohort-arms.ts';
import type { MinuteSample } from './evidence.ts';

/** What a gate needs to know of a node's evidence. */
export interface Covered {
  /** Steps that are there. */
  readonly present: number;
  readonly newest: number | undefined;
}

/** One cohort with the data of its nodes, in the order of its arms; every judged node has an entry, dark ones too. */
export interface CohortData<Data> {
  readonly arms: CohortArms;
  readonly candidates: readonly Data[];
  readonly controls: readonly Data[];
}

/** Samples under the pod's name, or the node's where the query kept only that. */
export const attach = <Data>(
  arms: CohortArms,
  samples: ReadonlyMap<string, readonly MinuteSample[]>,
  read: (samples: readonly MinuteSample[]) => Data,
): CohortData<Data> => {
  const dataOf = (member: ArmMember): Data => read(samples.get(member.key) ?? samples.get(member.node) ?? []);
  return { arms, candidates: arms.candidates.map(dataOf), controls: arms.controls.map(dataOf) };
};
