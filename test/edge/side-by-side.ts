import type { Outcome } from './outcome.ts';
import { RealGround, type RealCluster } from './real-ground.ts';
import { play, type Scenario } from './stage.ts';

/** What became of a story: what it came to, or why it did not go as told. */
export type Ending =
  | { readonly outcome: Outcome; readonly runMs: number }
  | { readonly error: unknown; readonly runMs: number };

/**
 * Plays stories on one real control plane at the same time, each with nodes, a namespace and an operator of its own:
 * they mostly wait, so that all together take little longer than the longest. Resolves when the last has ended.
 *
 * @param namespaceOf makes a namespace with its ServiceAccount
 */
export async function playSideBySide(
  scenarios: readonly Scenario[],
  cluster: Omit<RealCluster, 'namespace'>,
  namespaceOf: () => Promise<string>,
): Promise<ReadonlyMap<Scenario, Ending>> {
  const endings = scenarios.map(async (scenario): Promise<[Scenario, Ending]> => {
    const from = performance.now();
    const runMs = (): number => performance.now() - from;
    try {
      const namespace = await namespaceOf();
      const outcome = await play(scenario, (options) => new RealGround({ ...cluster, namespace }, options));
      return [scenario, { outcome, runMs: runMs() }];
    } catch (error) {
      return [scenario, { error, runMs: runMs() }];
    }
  });
  return new Map(await Promise.all(endings));
}
