/** A judged node, and the label value under which its samples come (`Evidence.samples[].key`). */
export interface ArmMember {
  readonly node: string;
  readonly key: string;
}

/** The two arms of one cohort in one wave. */
export interface CohortArms {
  readonly name: string;
  /** The nodes that this wave's draw chose, dark ones included; those of earlier waves belong to neither arm. */
  readonly candidates: readonly ArmMember[];
  /** The nodes that the same draw could have chosen and left on stable. */
  readonly controls: readonly ArmMember[];
  /**
   * Whether the operator drew the candidates at random. False for a `canary.nodeSelector`, a
   * superseded wave or a lost memory: the same test runs then, but under the name Permutation,
   * because its false-rollback rate rests on the nodes being alike and not on the draw.
   */
  readonly drawn: boolean;
}
