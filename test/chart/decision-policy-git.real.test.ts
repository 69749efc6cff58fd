import { expect, it } from 'vitest';
import { DECISION } from '../../src/api/names.ts';
import type { ToolOutcome } from '../binaries/run-tool.ts';
import { rollout } from '../operator/manifests.ts';
import { type ApiReply, describeReal } from '../setup/describe-real.ts';
import { DecisionStage, OLD } from './decision-stage.ts';

describeReal('what applies from Git, with update and without the verbs of decisions', (real) => {
  const stage = new DecisionStage(real);

  const APPROVED = { [DECISION.approve]: OLD };

  it('keeps an approval that it does not carry, server-side', async () => {
    const name = 'applied-by-argo';
    const argo = (soak: string): Promise<ApiReply> => {
      const { apiVersion, kind } = stage.manifest(name);
      const waves = [
        { name: 'canary', nodes: 1, soak },
        { name: 'all', nodes: '100%' },
      ];
      const spec = { ...rollout({}, name).spec, waves };
      const body = { apiVersion, kind, metadata: { name }, spec };
      return stage.person('author').apply(stage.path(name), body, 'argocd-controller');
    };
    expect(await argo('20s')).toMatchObject({ status: 201 });
    await stage.person('on-call').patch(stage.path(name), { metadata: { annotations: APPROVED } });
    expect(await argo('20s')).toMatchObject({ status: 200 });
    expect(await argo('30s')).toMatchObject({ status: 200 });
    expect(await stage.annotation(name, 'approve')).toBe(OLD);
    expect(await stage.stored(name)).toMatchObject({ spec: { waves: [{ soak: '30s' }, {}] } });
  });

  it('keeps it with kubectl apply, which patches by what it applied last', async () => {
    const name = 'applied-by-kubectl';
    const apply = (paused: boolean): Promise<ToolOutcome> => {
      const { annotations: _, ...metadata } = stage.manifest(name).metadata;
      const input = JSON.stringify({ ...rollout({ paused }, name), metadata });
      return stage.kubectl('author', ['apply', '--filename=-'], input);
    };
    expect(await apply(false)).toMatchObject({ code: 0 });
    await stage.person('on-call').patch(stage.path(name), { metadata: { annotations: APPROVED } });
    expect(await apply(true)).toMatchObject({ code: 0, stderr: '' });
    expect(await stage.annotation(name, 'approve')).toBe(OLD);
    expect(await stage.stored(name)).toMatchObject({ spec: { paused: true } });
  });

  it('cannot carry an approval that nobody gave', async () => {
    const name = await stage.existing();
    const reply = await stage
      .person('author')
      .apply(stage.path(name), stage.manifest(name, APPROVED), 'argocd-controller');
    expect(reply).toMatchObject({ status: 403 });
    expect(await stage.annotation(name, 'approve')).toBeUndefined();
  });
});
