import { expect } from 'vitest';
import type { Lab } from '../operator/harness.ts';
import { NAME } from '../operator/manifests.ts';
import { inWords } from '../operator/write.ts';

/** What operators wrote of pods while `during` ran. */
export async function podWrites(lab: Lab, during: () => Promise<void>): Promise<readonly string[]> {
  const before = lab.operators.map(({ tap }) => tap.writes.length);
  await during();
  return lab.operators.flatMap(({ tap }, index) =>
    tap.writes
      .slice(before[index] ?? 0)
      .filter(({ resource }) => resource === 'pods')
      .map(inWords),
  );
}

/** Runs for a while in which no pod is touched, and the same pods serve at its end. */
export async function nothingMoves(lab: Lab, seconds = 90, name = NAME): Promise<void> {
  const uids = async () => (await lab.serving(name)).map(({ uid }) => uid).toSorted();
  const before = await uids();
  expect(await podWrites(lab, () => lab.run(seconds))).toEqual([]);
  expect(await uids()).toEqual(before);
}
