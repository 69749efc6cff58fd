import { expect, it } from 'vitest';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import { type Lab, startLab } from './harness.ts';
import { model, type ModelManifest, rollout } from './manifests.ts';
import { inWords, type Write } from './write.ts';

/** A cohort that is surged and one that is replaced, so that both ways of switching are cut. */
const NODES = edgeNodes(6, ['orin', 'x86']);
const WAVES = rollout({
  waves: [
    { name: 'canary', nodes: 1, soak: '10s' },
    { name: 'all', nodes: '100%' },
  ],
});

interface Outcome {
  readonly versions: Readonly<Record<string, number>>;
  readonly phase: string | undefined;
  readonly marks: unknown;
}

interface Story {
  readonly name: string;
  readonly second: ModelManifest;
  readonly phase: 'Promoted' | 'RolledBack';
  readonly serves: string;
}

const STORIES: readonly Story[] = [
  {
    name: 'a healthy rollout',
    second: model({ version: '1.1.0' }),
    phase: 'Promoted',
    serves: '1.1.0',
  },
  {
    name: 'a rollback',
    second: model({ version: '1.1.0', acts: { 'crash-after': '1s' } }),
    phase: 'RolledBack',
    serves: '1.0.0',
  },
];

/** The whole story with an operator that dies after its write of that number, and another one in its place. */
async function play(
  { second, phase, serves }: Story,
  killAfter: number,
  waves = WAVES,
): Promise<{ lab: Lab; outcome: Outcome }> {
  const lab = await startLab({ nodes: NODES, idle: true });
  let current = lab.startOperator({ killAfter });
  const heal = (): void => {
    if (!current.tap.dead) return;
    lab.kill(current);
    current = lab.startOperator();
  };
  const until = (what: string, holds: () => Promise<boolean>): Promise<void> =>
    lab.until(what, async () => {
      heal();
      return holds();
    });
  const all = (version: string) => async (): Promise<boolean> => {
    const [versions, { metadata, status }] = await Promise.all([lab.versions(), lab.model()]);
    return versions[version] === NODES.length && status?.observedGeneration === metadata.generation;
  };
  await lab.apply(waves);
  await lab.apply(model());
  await until(
    '1.0.0 everywhere',
    async () => (await lab.rollout()).status?.phase === 'Promoted' && (await all('1.0.0')()),
  );
  await lab.apply(second);
  await until(phase, async () => {
    const { status } = await lab.rollout();
    return status?.phase === phase && status.observedModelGeneration === 2 && (await all(serves)());
  });
  // What a cut left undone comes now.
  await lab.run(15);
  const { revisions } = await lab.state();
  const { status } = await lab.rollout();
  return {
    lab,
    outcome: {
      versions: await lab.versions(),
      phase: status?.phase,
      marks: revisions
        .map(({ content, promoted, rejected }) => ({
          version: content.version,
          promoted: Object.entries(promoted?.cohorts ?? {})
            .map(([cohort, { by }]) => `${cohort} ${by}`)
            .toSorted(),
          complete: promoted?.complete !== undefined,
          rejected: rejected.map(({ attempt, cohort }) => `${attempt} ${cohort}`),
        }))
        .toSorted((a, b) => (a.version < b.version ? -1 : 1)),
    },
  };
}

/** Nodes that had been given the version that wins and were given another one again. */
function stepsBack(lab: Lab, version: string): readonly string[] {
  const on = new Set<string>();
  const back: string[] = [];
  for (const write of lab.operators.flatMap(({ tap }) => tap.writes)) {
    if (write.method !== 'POST' || write.resource !== 'pods') continue;
    const { labels = {}, annotations = {} } = (write.body as ModelManifest).metadata;
    const node = annotations['outrigger.dev/node'] ?? '';
    if (labels['outrigger.dev/role'] !== 'serve') continue;
    if (labels['app.kubernetes.io/version'] === version) on.add(node);
    else if (on.has(node)) back.push(inWords(write));
  }
  return back;
}

it.each(STORIES)(
  '$name ends the same, whichever write the operator is killed at',
  async (story) => {
    const whole = await play(story, Number.POSITIVE_INFINITY);
    await whole.lab.stop();
    expect(whole.outcome).toMatchObject({ phase: story.phase, versions: { [story.serves]: NODES.length } });
    const writes = whole.lab.operators[0]?.tap.writes ?? [];
    expect(writes.length).toBeGreaterThan(30);
    for (let number = 1; number <= writes.length; number++) {
      const { lab, outcome } = await play(story, number);
      const at = writes[number - 1];
      const where = `killed after write ${number}: ${at === undefined ? '' : inWords(at)}`;
      const back = story.phase === 'Promoted' ? stepsBack(lab, story.serves) : [];
      expect({ where, operators: lab.operators.length, outcome, back }).toEqual({
        where,
        operators: 2,
        outcome: whole.outcome,
        back: [],
      });
      await lab.stop();
    }
  },
  120_000,
);

/** How the waves of each attempt were passed, as its memory has it. */
async function passes(lab: Lab): Promise<readonly unknown[]> {
  return (await lab.state()).memories.map(({ walks, ended }) => ({
    ended: ended?.how,
    steps: walks.flatMap(({ steps }) => steps.map(({ passed }) => passed?.by)),
  }));
}

function isMark({ resource, method, body }: Write): boolean {
  return (
    resource === 'controllerrevisions' && method === 'PATCH' && JSON.stringify(body).includes('promoted')
  );
}

it('a promotion finds the Pass that it rests on in the memory, also where the last wave is measured', async () => {
  const [story] = STORIES;
  if (story === undefined) throw new Error('there is no story');
  const soaks = rollout({
    waves: [
      { name: 'canary', nodes: 1, soak: '10s' },
      { name: 'all', nodes: '100%', soak: '10s' },
    ],
  });
  const whole = await play(story, Number.POSITIVE_INFINITY, soaks);
  const expected = await passes(whole.lab);
  expect(expected).toEqual([{ ended: 'Promoted', steps: ['Judge', 'Judge'] }]);
  const writes = whole.lab.operators[0]?.tap.writes ?? [];
  await whole.lab.stop();
  const mark = writes.findLastIndex(isMark);
  expect(mark).toBeGreaterThan(0);
  for (const number of [mark, mark + 1]) {
    const { lab, outcome } = await play(story, number, soaks);
    expect(lab.operators).toHaveLength(2);
    expect({ number, outcome, passes: await passes(lab) }).toEqual({
      number,
      outcome: whole.outcome,
      passes: expected,
    });
    await lab.stop();
  }
});

it('two operators at once come to the same end, and put no second pod of a revision on a node', async () => {
  const lab = await startLab({ nodes: edgeNodes(12, ['orin', 'x86']) });
  lab.startOperator();
  await lab.apply(rollout());
  await lab.apply(model());
  await lab.untilReady('1.0.0');
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilReady('1.1.0');
  await lab.apply(model({ version: '1.2.0', acts: { 'crash-after': '1s' } }));
  await lab.untilPhase('RolledBack');
  await lab.run(30);
  expect(await lab.versions()).toEqual({ '1.1.0': 12 });
  expect(lab.operators.map(({ tap }) => tap.writes.length > 0)).toEqual([true, true]);
  await lab.stop();
});
