import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { DECISION } from '../../src/api/names.ts';
import { runTool } from '../binaries/run-tool.ts';
import { eventually } from '../operator/real-cluster.ts';
import { type ApiReply, describeReal } from '../setup/describe-real.ts';
import { DecisionStage, OLD, rolloutsRule } from './decision-stage.ts';

describeReal('what the admission policy for decisions tells people', (real) => {
  const stage = new DecisionStage(real);

  it('says which annotation, who, which verb, and how to grant it', async () => {
    const name = await stage.existing();
    const words = async (user: string, verb: keyof typeof DECISION): Promise<unknown> =>
      (
        await stage
          .person(user)
          .patch(stage.path(name), { metadata: { annotations: { [DECISION[verb]]: OLD } } })
      ).body['message'];
    expect(await words('author', 'approve')).toBe(
      `edgerollouts.outrigger.dev "${name}" is forbidden: ValidatingAdmissionPolicy 'outrigger-decisions' with binding ` +
        `'outrigger-decisions' denied request: author may not set the annotation outrigger.dev/approve on EdgeRollout ` +
        `${stage.namespace}/${name}: that needs the verb approve on edgerollouts.outrigger.dev. To grant it: kubectl create ` +
        `rolebinding NAME --namespace=${stage.namespace} --clusterrole=outrigger-operate --user=author`,
    );
    expect(await words('on-call', 'promote')).toContain('--clusterrole=outrigger-admin --user=on-call');
  });

  it('grants what its words say', async () => {
    const name = await stage.existing();
    const setAbort = (): Promise<ApiReply> =>
      stage
        .person('newcomer')
        .patch(stage.path(name), { metadata: { annotations: { [DECISION.abort]: OLD } } });
    await stage.grant('newcomer', [rolloutsRule(['patch'])]);
    const refused = await eventually('the policy refuses', setAbort, ({ body }) =>
      String(body['message']).includes('To grant it: '),
    );
    const [, command = ''] = /To grant it: kubectl (.*)$/.exec(String(refused.body['message'])) ?? [];
    const args = [`--kubeconfig=${real().kubeconfig}`, ...command.replace('NAME', 'as-told').split(' ')];
    expect(await runTool('kubectl', args)).toMatchObject({ code: 0, stderr: '' });
    await eventually('the decision is taken', setAbort, ({ status }) => status === 200);
  });

  it('leaves a trace in the audit log, where requests have no bodies', async () => {
    const name = await stage.existing();
    const value = `${name}.1`;
    await stage
      .person('on-call')
      .patch(stage.path(name), { metadata: { annotations: { [DECISION.abort]: value } } });
    const line = await eventually(
      'the audit log has it',
      async () =>
        (await readFile(real().auditLog, 'utf8')).split('\n').find((each) => each.includes(`=${value}`)),
      (found) => found !== undefined,
    );
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      impersonatedUser: { username: 'on-call' },
      annotations: { 'outrigger-decisions/decision': `outrigger.dev/abort=${value}` },
    });
  });
});
