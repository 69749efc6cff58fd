import { expect, it } from 'vitest';
import { DECISION } from '../../src/api/names.ts';
import { describeReal } from '../setup/describe-real.ts';
import { DecisionStage, NEW, OLD } from './decision-stage.ts';

describeReal('patch without update, as the role for operating has it', (real) => {
  const stage = new DecisionStage(real);

  const DECIDED = { [DECISION.abort]: OLD, note: 'theirs' };
  const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
  const FORBIDDEN: readonly { readonly what: string; readonly body: object; readonly says: string }[] = [
    { what: 'the spec', body: { spec: { paused: true } }, says: 'spec' },
    { what: 'a label', body: { metadata: { labels: { team: 'a' } } }, says: 'labels' },
    {
      what: 'another annotation',
      body: { metadata: { annotations: { other: 'x' } } },
      says: 'the annotation other',
    },
    {
      what: 'the value of another annotation',
      body: { metadata: { annotations: { note: 'mine' } } },
      says: 'the annotation note',
    },
    {
      what: 'another annotation away',
      body: { metadata: { annotations: { note: null } } },
      says: 'the annotation note',
    },
    {
      what: 'what kubectl applied last',
      body: { metadata: { annotations: { [LAST_APPLIED]: '{}' } } },
      says: `the annotation ${LAST_APPLIED}`,
    },
    {
      what: 'a finalizer',
      body: { metadata: { finalizers: ['example.com/hold'] } },
      says: 'finalizers',
    },
    {
      what: 'an owner',
      body: {
        metadata: {
          ownerReferences: [
            {
              apiVersion: 'v1',
              kind: 'ConfigMap',
              name: 'x',
              uid: '5b8b6e2e-6a3f-4a39-9d0e-0d7a6f0c8a11',
            },
          ],
        },
      },
      says: 'ownerReferences',
    },
    {
      what: 'a decision together with the spec',
      body: { metadata: { annotations: { [DECISION.approve]: NEW } }, spec: { paused: true } },
      says: 'spec',
    },
  ];

  it.each(FORBIDDEN)('may not change $what', async ({ body, says }) => {
    const name = await stage.existing(DECIDED);
    const { metadata, ...before } = await stage.stored(name);
    const reply = await stage.person('on-call').patch(stage.path(name), body);
    expect(reply).toMatchObject({ status: 403 });
    expect(reply.body['message']).toContain(
      `on-call may not change ${says} of EdgeRollout ${stage.namespace}/${name}: that needs the verb update on ` +
        'edgerollouts.outrigger.dev; with patch alone only the annotations outrigger.dev/approve, ' +
        'outrigger.dev/promote, outrigger.dev/abort, outrigger.dev/retry can be set. To grant it: kubectl create ' +
        `rolebinding NAME --namespace=${stage.namespace} --clusterrole=outrigger-admin --user=on-call`,
    );
    const after = await stage.stored(name);
    expect(after).toMatchObject(before);
    expect(after.metadata.resourceVersion).toBe(metadata.resourceVersion);
  });

  it('may change the same with update', async () => {
    for (const { body } of FORBIDDEN.slice(0, 7)) {
      const reply = await stage.person('author').patch(stage.path(await stage.existing(DECIDED)), body);
      expect(reply).toMatchObject({ status: 200 });
    }
  });

  it.each(['approve', 'abort', 'retry'] as const)('may %s by kubectl annotate', async (verb) => {
    const name = await stage.existing({ note: 'theirs' });
    const set = await stage.kubectl('on-call', ['annotate', 'er', name, `${DECISION[verb]}=${OLD}`]);
    expect(set).toMatchObject({ code: 0, stderr: '' });
    expect(await stage.annotation(name, verb)).toBe(OLD);
    const removed = await stage.kubectl('on-call', ['annotate', 'er', name, `${DECISION[verb]}-`]);
    expect(removed).toMatchObject({ code: 0, stderr: '' });
    expect(await stage.annotation(name, verb)).toBeUndefined();
  });

  it('may apply a decision server-side, as a manager of its own', async () => {
    const name = await stage.existing({ note: 'theirs' });
    const { apiVersion, kind } = stage.manifest(name);
    const body = { apiVersion, kind, metadata: { name, annotations: { [DECISION.retry]: OLD } } };
    expect(await stage.person('on-call').apply(stage.path(name), body, 'on-call')).toMatchObject({
      status: 200,
    });
    expect((await stage.stored(name)).metadata.annotations).toEqual({
      note: 'theirs',
      [DECISION.retry]: OLD,
    });
  });

  it('may neither replace, create nor delete', async () => {
    const name = await stage.existing();
    const who = stage.person('on-call');
    const words = 'User "on-call" cannot';
    for (const reply of [
      await who.replace(stage.path(name), await stage.stored(name)),
      await who.create(stage.collection, stage.manifest('new')),
      await who.apply(stage.path('new'), stage.manifest('new'), 'on-call'),
      await who.delete(stage.path(name)),
    ]) {
      expect(reply).toMatchObject({ status: 403, body: { message: expect.stringContaining(words) } });
    }
  });
});
