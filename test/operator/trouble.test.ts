import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EdgeModel } from '../../src/api/edge-model.ts';
import { LABEL } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { decide } from '../../src/core/decide.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import type { Pod } from '../../src/sim/fleet/pod.ts';
import { createSimulation, type Simulation } from '../../src/sim/fleet/simulation.ts';
import {
  model,
  NAMESPACE,
  operatorOn,
  rollout,
  settled,
  type SimulatedOperator,
} from './simulated-operator.ts';

let simulation: Simulation;
let operators: SimulatedOperator[];

beforeEach(async () => {
  simulation = createSimulation({ seed: 7, nodes: edgeNodes(3) });
  await settled(simulation, simulation.start());
  operators = [];
});

afterEach(async () => {
  for (const operator of operators) await settled(simulation, operator.stop());
  await simulation.stop();
});

function start(
  ...options: Parameters<typeof operatorOn> extends [unknown, ...infer Rest] ? Rest : never
): SimulatedOperator {
  const operator = operatorOn(simulation, ...options);
  operators.push(operator);
  void operator.start();
  return operator;
}

const create = (of: KubeObject): Promise<KubeObject> =>
  simulation.client.create(
    of.kind === 'EdgeModel' ? RESOURCES.edgeModels : RESOURCES.edgeRollouts,
    NAMESPACE,
    of,
  );

async function podsOf(name: string): Promise<readonly Pod[]> {
  return simulation.client.listAll<Pod>(RESOURCES.pods, {
    namespace: NAMESPACE,
    labelSelector: `${LABEL.model}=${name}`,
  });
}

async function condition(name: string, type: string) {
  const { status } = await simulation.client.get<EdgeModel>(RESOURCES.edgeModels, NAMESPACE, name);
  return status?.conditions?.find((each) => each.type === type);
}

interface StoredEvent extends KubeObject {
  readonly reason: string;
  readonly type: string;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

const events = (): Promise<readonly StoredEvent[]> =>
  simulation.client.listAll<StoredEvent>(RESOURCES.events);

describe('trouble with one model does not disturb another', () => {
  it('where the API server refuses its pods', async () => {
    const operator = start();
    const broken = model(
      { template: { spec: { containers: [{ name: 'model', image: 'a', prots: [] }] } } } as never,
      'broken',
    );
    await create(broken);
    await create(model({}, 'fine'));
    await simulation.clock.advance(120_000);
    expect(await podsOf('fine')).toHaveLength(3);
    expect(await podsOf('broken')).toEqual([]);
    expect(await condition('broken', 'Accepted')).toMatchObject({
      status: 'False',
      message: expect.stringContaining('prots'),
    });
    expect(await condition('fine', 'Ready')).toMatchObject({ status: 'True' });
    expect(
      (await events()).filter(
        ({ involvedObject, type }) => involvedObject.name === 'broken' && type === 'Warning',
      ),
    ).not.toEqual([]);
    expect(operator.log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('where the decision about it throws', async () => {
    const operator = start({
      decide: (observed, now) => {
        if (observed.name === 'broken') throw new Error('a fault of ours');
        return decide(observed, now);
      },
    });
    await create(model({}, 'broken'));
    await create(model({}, 'fine'));
    await simulation.clock.advance(120_000);
    expect(await podsOf('fine')).toHaveLength(3);
    expect(
      operator.log.filter(({ level }) => level === 'error').map(({ fields }) => fields['name']),
    ).toContain('broken');
  });

  it('where a quota is used up, which is asked again only now and then', async () => {
    const operator = start();
    await create(model({}, 'first'));
    await simulation.clock.advance(60_000);
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'edge', namespace: NAMESPACE },
    };
    await simulation.client.create(RESOURCES.resourceQuotas, NAMESPACE, {
      ...quota,
      spec: { hard: { pods: '4' } },
    } as KubeObject);
    await simulation.clock.advance(1_000);
    await create(model({}, 'second'));
    await simulation.clock.advance(10 * 60_000);
    expect(await podsOf('first')).toHaveLength(3);
    expect((await podsOf('second')).length).toBeLessThanOrEqual(1);
    expect(
      JSON.stringify([await condition('second', 'Accepted'), await condition('second', 'Ready')]),
    ).toContain('quota');
    const refused = operator.requests.filter(({ verb, status }) => verb === 'create' && status === 403);
    expect(refused.length).toBeLessThan(25);
    expect(operator.log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('where a rollout names no model, and where two name the same', async () => {
    start();
    await create(rollout({ modelRef: { name: 'nothing' } }, 'lost'));
    await create(model({}, 'fine'));
    await create(rollout({ modelRef: { name: 'fine' } }, 'older'));
    await simulation.clock.advance(2_000);
    await create(rollout({ modelRef: { name: 'fine' } }, 'younger'));
    await simulation.clock.advance(120_000);
    const statuses = await Promise.all(
      ['lost', 'older', 'younger'].map((name) =>
        simulation.client.get(RESOURCES.edgeRollouts, NAMESPACE, name),
      ),
    );
    const [lost, older, younger] = statuses.map((each) =>
      JSON.stringify('status' in each ? each.status : undefined),
    );
    expect(lost).toContain('nothing');
    expect(younger).toContain('Conflict');
    expect(older).not.toContain('Conflict');
    expect(await podsOf('fine')).toHaveLength(3);
  });
});

const READS = new Set(['get', 'list', 'watch']);

/** What an operator wrote, its lease apart. */
function writes(of: SimulatedOperator) {
  return of.requests.filter(({ verb, resource }) => !READS.has(verb) && resource !== 'leases');
}

describe('two operators', () => {
  const lease = { namespace: NAMESPACE, name: 'outrigger' };

  it('take turns: the second waits, and goes on when the first gives the lease back', async () => {
    const first = start({ identity: 'first', lease });
    await simulation.clock.advance(5_000);
    const second = start({ identity: 'second', lease });
    await create(model({}, 'one'));
    await simulation.clock.advance(60_000);
    expect(writes(first).length).toBeGreaterThan(0);
    expect(writes(second)).toEqual([]);
    await settled(simulation, first.stop());
    await create(model({}, 'two'));
    await simulation.clock.advance(60_000);
    expect(await podsOf('two')).toHaveLength(3);
    expect(writes(second).length).toBeGreaterThan(0);
  });

  it('the first stops writing when its lease is taken, and rejoins', async () => {
    const first = start({ identity: 'first', lease });
    await simulation.clock.advance(5_000);
    const held = await simulation.client.get<KubeObject & { spec: object }>(
      RESOURCES.leases,
      NAMESPACE,
      'outrigger',
    );
    await simulation.client.replace(RESOURCES.leases, {
      ...held,
      spec: { ...held.spec, holderIdentity: 'somebody' },
    } as KubeObject);
    await simulation.clock.advance(5_000);
    await create(model({}, 'one'));
    await simulation.clock.advance(5_000);
    expect(await podsOf('one')).toEqual([]);
    // Nobody renews it: after its duration it is free again.
    await simulation.clock.advance(60_000);
    expect(await podsOf('one')).toHaveLength(3);
    const said = first.log.map(({ message }) => message);
    expect(said).toContain('the lease is lost, stopping all work at once');
    expect(said.filter((message) => message === 'leading')).toHaveLength(2);
  });
});
