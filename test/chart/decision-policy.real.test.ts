import { beforeAll, expect, it } from 'vitest';
import { DECISION } from '../../src/api/names.ts';
import { eventually } from '../operator/real-cluster.ts';
import { type ApiReply, describeReal } from '../setup/describe-real.ts';
import { DecisionStage, NEW, OLD, rolloutsRule, WRITE } from './decision-stage.ts';
import type { Person } from './person.ts';

type Verb = keyof typeof DECISION;
const VERBS = Object.keys(DECISION) as readonly Verb[];

describeReal('the admission policy for decisions', (real) => {
  const stage = new DecisionStage(real);

  beforeAll(async () => {
    for (const verb of VERBS) {
      await stage.grant(`only-${verb}`, [rolloutsRule([...WRITE, verb])]);
      const others = VERBS.filter((other) => other !== verb);
      await stage.grant(`all-but-${verb}`, [rolloutsRule([...WRITE, ...others])]);
    }
    await stage.grant('one-rollout', [rolloutsRule(WRITE), rolloutsRule(['abort'], ['mine'])]);
    await stage.untilGranted();
  });

  it('has no expression that the API server doubts', async () => {
    const { body } = await real().call(
      'GET',
      '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/outrigger-decisions',
    );
    const status = await eventually(
      'the expressions are checked',
      async () => body['status'] as { typeChecking?: { expressionWarnings?: unknown } } | undefined,
      (found) => found?.typeChecking !== undefined,
    );
    expect(status?.typeChecking).toEqual({});
  });

  const CHANGES = [
    { change: 'set', before: undefined, after: OLD, free: false },
    { change: 'changed', before: OLD, after: NEW, free: false },
    { change: 'removed', before: OLD, after: undefined, free: true },
    { change: 'sent along unchanged', before: OLD, after: OLD, free: true },
  ] as const;

  const WAYS: Readonly<
    Record<string, (who: Person, name: string, verb: Verb, value: string | undefined) => Promise<ApiReply>>
  > = {
    'a replacement': async (who, name, verb, value) => {
      const object = await stage.stored(name);
      const { [DECISION[verb]]: _, ...others } = object.metadata.annotations ?? {};
      const annotations = { ...others, ...(value !== undefined && { [DECISION[verb]]: value }) };
      return who.replace(stage.path(name), { ...object, metadata: { ...object.metadata, annotations } });
    },
    'a merge patch': (who, name, verb, value) =>
      who.patch(stage.path(name), { metadata: { annotations: { [DECISION[verb]]: value ?? null } } }),
    'a JSON patch': (who, name, verb, value) => {
      const at = `/metadata/annotations/${DECISION[verb].replace('/', '~1')}`;
      const operation = value === undefined ? { op: 'remove', path: at } : { op: 'add', path: at, value };
      return who.patch(stage.path(name), [operation], 'json-patch+json');
    },
    'a server-side apply': (who, name, verb, value) =>
      who.apply(
        stage.path(name),
        stage.manifest(name, { note: 'kept', ...(value !== undefined && { [DECISION[verb]]: value }) }),
        'tests',
      ),
  };

  const ROWS = VERBS.flatMap((verb) =>
    Object.keys(WAYS).flatMap((way) =>
      CHANGES.flatMap((change) => [
        { verb, way, ...change, user: `only-${verb}`, allowed: true },
        { verb, way, ...change, user: `all-but-${verb}`, allowed: change.free },
      ]),
    ),
  );

  it.each(ROWS)(
    '$verb $change by $way of $user: allowed $allowed',
    async ({ verb, way, before, after, user, allowed }) => {
      const name = await stage.existing({
        note: 'kept',
        ...(before !== undefined && { [DECISION[verb]]: before }),
      });
      const reply = await WAYS[way]?.(stage.person(user), name, verb, after);
      expect(reply).toMatchObject({ status: allowed ? 200 : 403 });
      expect(await stage.annotation(name, verb)).toBe(allowed ? after : before);
    },
  );

  const CREATIONS = VERBS.flatMap((verb) =>
    ['a create', 'a create with a generated name', 'a server-side apply'].flatMap((way) => [
      { verb, way, user: `only-${verb}`, allowed: true },
      { verb, way, user: `all-but-${verb}`, allowed: false },
    ]),
  );

  it.each(CREATIONS)(
    '$verb on a rollout made by $way of $user: allowed $allowed',
    async ({ verb, way, user, allowed }) => {
      const name = `made-by-${user}-${way.length}`;
      const object = stage.manifest(name, { [DECISION[verb]]: OLD });
      const { name: _, ...nameless } = object.metadata;
      const reply =
        way === 'a create'
          ? await stage.person(user).create(stage.collection, object)
          : way === 'a server-side apply'
            ? await stage.person(user).apply(stage.path(name), object, 'tests')
            : await stage.person(user).create(stage.collection, {
                ...object,
                metadata: { ...nameless, generateName: `${name}-` },
              });
      expect(reply).toMatchObject({ status: allowed ? 201 : 403 });
    },
  );

  it('lets anybody create a rollout without a decision who may create one', async () => {
    const reply = await stage.person('author').create(stage.collection, stage.manifest('by-author'));
    expect(reply).toMatchObject({ status: 201 });
  });

  it('takes four decisions at once from who holds all four', async () => {
    const name = await stage.existing();
    const all = Object.fromEntries(VERBS.map((verb) => [DECISION[verb], OLD]));
    const body = { metadata: { annotations: all } };
    expect(await stage.person('owner').patch(stage.path(name), body)).toMatchObject({ status: 200 });
    expect(await stage.person('on-call').patch(stage.path(await stage.existing()), body)).toMatchObject({
      status: 403,
    });
  });

  it('holds a right on one name to that name', async () => {
    const body = { metadata: { annotations: { [DECISION.abort]: OLD } } };
    await real().call('POST', stage.collection, stage.manifest('mine'));
    const other = await stage.existing();
    await stage.grant('patches-all', [rolloutsRule(['patch']), rolloutsRule(['abort'], ['mine'])]);
    await eventually(
      'the right is known',
      () => stage.person('patches-all').patch(stage.path('mine'), body),
      ({ status }) => status === 200,
    );
    expect(await stage.person('one-rollout').patch(stage.path('mine'), body)).toMatchObject({ status: 200 });
    const refused = await stage.person('patches-all').patch(stage.path(other), body);
    expect(refused.body['message']).toContain('that needs the verb abort on edgerollouts.outrigger.dev');
  });
});
