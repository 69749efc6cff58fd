import { afterEach, describe, expect, it } from 'vitest';
import { LABEL } from '../../src/api/names.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import type { Pod } from '../../src/sim/fleet/pod.ts';
import { condition, type Lab, NAMESPACE, startLab } from './harness.ts';
import { model, NAME, rollout } from './manifests.ts';

let lab: Lab;

afterEach(() => lab.stop());

const NAMES = ['detector', 'reader', 'sorter'];

/** Models whose pods wait for an image now, whether it comes or their kubelets try again; written from the API alone. */
async function pulling(): Promise<readonly string[]> {
  const pods = await lab.client.listAll<Pod>(RESOURCES.pods, { namespace: NAMESPACE });
  return pods
    .filter(({ metadata, status }) => {
      const containers = status?.containerStatuses ?? [];
      const begun = containers.some(
        ({ state, lastState }) =>
          state.running !== undefined ||
          state.terminated !== undefined ||
          lastState?.terminated !== undefined,
      );
      return metadata.deletionTimestamp === undefined && !begun;
    })
    .map(({ metadata }) => metadata.labels?.[LABEL.model] ?? '');
}

/** Ten times a second, until all models are Ready at the version: the most pulls at once. */
async function watchPulls(version: string, limitSeconds = 900): Promise<number> {
  let most = 0;
  for (let step = 0; step < limitSeconds * 10; step++) {
    await lab.simulation.clock.advance(100);
    most = Math.max(most, (await pulling()).length);
    if (step % 10 !== 0) continue;
    const versions = await Promise.all(NAMES.map((name) => lab.versions(name)));
    if (versions.every((each) => each[version] === 8)) return most;
  }
  throw new Error(`not everywhere at ${version} after ${limitSeconds} s\n${lab.story()}`);
}

function madePods(): string[] {
  return lab.operators
    .flatMap(({ tap }) => tap.writes)
    .filter(({ method, resource }) => method === 'POST' && resource === 'pods')
    .map(({ body }) => (body as Pod).metadata.labels?.[LABEL.model] ?? '');
}

const onlyVariant = (name: string, version: string) => ({
  name: 'cpu',
  artifact: { mountPath: '/models', image: `registry.example/${name}:${version}` },
});

async function installed(): Promise<void> {
  lab = await startLab({ nodes: edgeNodes(8, ['orin', 'x86']) });
  for (const name of NAMES) {
    await lab.apply(rollout({ limits: { maxPrefetching: 2, maxUnavailable: '50%' } }, name));
    await lab.apply(
      model({ name, spec: { updateStrategy: 'Surge', variants: [onlyVariant(name, '1.0.0')] } }),
    );
  }
}

describe('three models with maxPrefetching 2', () => {
  it('never have more than two pulls under way together, and all get their turn', async () => {
    await installed();
    const most = await watchPulls('1.0.0');
    expect(most).toBe(2);
    const made = madePods();
    expect(made).toHaveLength(24);
    // The first has its places before the others ask. From then on they take turns, until one has all it wants.
    const end = Math.min(...NAMES.map((name) => made.lastIndexOf(name)));
    for (let from = 2; from + 6 <= end; from++)
      expect(new Set(made.slice(from, from + 6))).toEqual(new Set(NAMES));
    expect(end).toBeGreaterThan(12);
  });

  it('also in rollouts beside each other, with the operator killed in between', async () => {
    await installed();
    await watchPulls('1.0.0');
    for (const name of NAMES) {
      const spec = { updateStrategy: 'Surge', variants: [onlyVariant(name, '2.0.0')] } as const;
      await lab.apply(model({ name, version: '2.0.0', spec }));
    }
    let most = 0;
    for (const seconds of [7, 11, 40]) {
      for (let step = 0; step < seconds * 10; step++) {
        await lab.simulation.clock.advance(100);
        most = Math.max(most, (await pulling()).length);
      }
      lab.restartOperator();
    }
    const rest = await watchPulls('2.0.0');
    expect(Math.max(most, rest)).toBe(2);
  });
});

it('a model whose image is in no registry holds up no other one', async () => {
  lab = await startLab({ nodes: edgeNodes(6, ['x86']) });
  const limits = { maxPrefetching: 2 };
  await lab.apply(rollout({ limits }, 'lost'));
  await lab.apply(
    model({
      name: 'lost',
      spec: {
        variants: [
          { name: 'cpu', artifact: { mountPath: '/models', image: 'registry.example/lost:missing' } },
        ],
      },
    }),
  );
  await lab.untilReason('FetchFailing', 'lost');
  await lab.apply(rollout({ limits }));
  await lab.apply(model());
  await lab.untilReady('1.0.0', NAME, 120);
  // As many as may be under way have tried, and gave their places back when another model asked.
  expect(madePods().filter((name) => name === 'lost')).toHaveLength(2);
  expect(await pulling()).toEqual([]);
  const { status } = await lab.rollout('lost');
  expect(condition(status?.conditions, 'Ready')?.reason).toBe('FetchFailing');
  await lab.until('it tries again', async () => (await pulling()).includes('lost'), 420);
});

it('a wrong tag and a registry that goes and comes share the places with the others at all times', async () => {
  await installed();
  await watchPulls('1.0.0');
  const release = async (name: string, version: string, image = version) =>
    lab.apply(
      model({
        name,
        version,
        spec: { updateStrategy: 'Surge', variants: [onlyVariant(name, image)] },
      }),
    );
  const [lost = '', ...others] = NAMES;
  await release(lost, '2.0.0', 'missing');
  await lab.untilReason('FetchFailing', lost);
  for (const name of others) await release(name, '2.0.0');
  const { registry } = lab.simulation.fleet;
  let most = 0;
  const watch = async (seconds: number, isDone = async () => false) => {
    for (let step = 0; step < seconds * 10; step++) {
      await lab.simulation.clock.advance(100);
      most = Math.max(most, (await pulling()).length);
      if (step % 10 === 0 && (await isDone())) return true;
    }
    return false;
  };
  await watch(20);
  registry.down = true;
  await watch(240);
  registry.down = false;
  const done = await watch(1_200, async () => {
    const versions = await Promise.all(others.map((name) => lab.versions(name)));
    return versions.every((each) => each['2.0.0'] === 8);
  });
  expect({ done, most }).toEqual({ done: true, most: 2 });
  expect(await lab.versions(lost)).toEqual({ '1.0.0': 8 });
  // It is put right, and does not wait for the end of all that.
  await release(lost, '2.0.1');
  await lab.untilReady('2.0.1', lost, 300);
  expect(registry.mostTransfers).toBeLessThanOrEqual(2);
}, 60_000);

it('a registry that is down for ten minutes costs nothing but time', async () => {
  lab = await startLab({ nodes: edgeNodes(8, ['orin', 'x86']) });
  await lab.apply(rollout({ limits: { maxPrefetching: 2, maxUnavailable: '50%', progressDeadline: '1m' } }));
  await lab.apply(model());
  await lab.untilReady('1.0.0');
  const { registry } = lab.simulation.fleet;
  await lab.apply(model({ version: '2.0.0' }));
  await lab.until('a pod of the candidate', async () =>
    (await lab.state()).pods.some(({ version }) => version === '2.0.0'),
  );
  registry.down = true;
  await lab.untilReason('FetchFailing');
  for (let minute = 0; minute < 10; minute++) {
    await lab.run(60);
    expect(await lab.versions()).toEqual({ '1.0.0': 8 });
    const { status } = await lab.rollout();
    expect(status).toMatchObject({ phase: 'Holding', rejected: [], nodes: { failed: 0 } });
    expect(condition(status?.conditions, 'Ready')?.reason).toBe('FetchFailing');
    expect(status?.message).toMatch(/connection refused/);
  }
  registry.down = false;
  await lab.untilReady('2.0.0');
  expect((await lab.rollout()).status).toMatchObject({ phase: 'Promoted', rejected: [] });
});
