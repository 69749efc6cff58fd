import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Condition } from '../../src/api/condition.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import { BAD_INPUTS, type BadInput, NEIGHBOUR, neighbour, neighbourRollout } from './bad-input.ts';
import { condition, type Lab, startLab } from './harness.ts';

const INPUTS = BAD_INPUTS.filter(({ onRealOnly }) => onRealOnly === undefined);

let lab: Lab;
let promoted: Readonly<Record<string, number>>;

// All mistakes at once, in one namespace, while their neighbour goes from one version to the next.
beforeAll(async () => {
  lab = await startLab({ nodes: edgeNodes(6, ['orin', 'x86']) });
  await lab.apply(neighbourRollout);
  await lab.apply(neighbour('1.0.0'));
  await lab.untilReady('1.0.0', NEIGHBOUR);
  for (const { manifests } of INPUTS) for (const manifest of manifests) await lab.apply(manifest);
  await lab.untilReady('1.0.0', 'unmeasured');
  lab.simulation.prometheus.fault = { kind: 'down' };
  for (const { later = [] } of INPUTS) for (const manifest of later) await lab.apply(manifest);
  await lab.apply(neighbour('1.1.0'));
  await lab.untilReady('1.1.0', NEIGHBOUR);
  promoted = await lab.versions(NEIGHBOUR);
  await lab.run(120);
});

afterAll(() => lab.stop());

it.each(INPUTS)('$name is told in a condition and an Event', async ({ about, condition: wanted, says }) => {
  const found = await shown(about, wanted);
  expect(found).toMatchObject(wanted);
  expect(found?.message).toMatch(says);
  const events = (await lab.events()).filter(
    ({ name, about: kind }) => name === about.name && kind === about.kind,
  );
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'Warning', reason: wanted.reason, note: expect.stringMatching(says) }),
  );
});

/** The condition once it says so: one that waits for new data says so in turn with the wait. */
async function shown(
  { kind, name }: BadInput['about'],
  { type, reason }: BadInput['condition'],
): Promise<Condition | undefined> {
  let found: Condition | undefined;
  await lab.until(
    `${kind} ${name} says ${type} ${reason}`,
    async () => {
      const { status } = kind === 'EdgeModel' ? await lab.model(name) : await lab.rollout(name);
      found = condition(status?.conditions, type);
      return found?.reason === reason;
    },
    120,
  );
  return found;
}

it('no other model is disturbed', () => {
  expect(promoted).toEqual({ '1.1.0': 6 });
});
