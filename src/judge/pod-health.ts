/** What the API server said of one judged pod in the window. */
export interface PodHealth {
  /** `ArmMember.key`. */
  readonly key: string;
  /** Container restarts within the window. */
  readonly restarts: number;
  /** Time in the window in which the pod was not ready while its node was reachable, ms. */
  readonly notReadyMs: number;
  /** Time in the window in which the node was reachable and the pod was watched, ms. */
  readonly observedMs: number;
}
