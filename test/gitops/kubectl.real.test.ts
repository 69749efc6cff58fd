import { describe, expect, it } from 'vitest';
import { DECISION } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { condition } from '../operator/harness.ts';
import { eventually } from '../operator/real-cluster.ts';
import { RealStage } from '../operator/real-stage.ts';
import { describeReal } from '../setup/describe-real.ts';
import { AWAITING_WAVES, quickRollout, smallModel } from './manifests.ts';

const NODES = 5;
const ARGO = ['--server-side', '--field-manager=argocd-controller'] as const;

interface Managed extends KubeObject {
  readonly metadata: KubeObject['metadata'] & {
    readonly managedFields?: readonly {
      readonly manager: string;
      readonly operation: string;
      readonly subresource?: string;
      readonly fieldsV1: Readonly<Record<string, unknown>>;
    }[];
  };
}

describeReal('kubectl and a second manager on a real API server', (real) => {
  const stage = new RealStage(real, NODES);

  const managed = (kind: string, name: string): Promise<Managed> =>
    stage.kubectl.get<Managed>(`${kind}/${name}`, '--show-managed-fields');

  /** What each manager has written outside of status: field paths of one or two steps. */
  async function owned(kind: string, name: string): Promise<Readonly<Record<string, string>>> {
    const { metadata } = await managed(kind, name);
    return Object.fromEntries(
      (metadata.managedFields ?? []).map(({ manager, operation, subresource, fieldsV1 }) => [
        `${manager} ${operation} ${subresource ?? ''}`.trim(),
        Object.keys(fieldsV1).toSorted().join(' '),
      ]),
    );
  }

  /** Both kinds of diff, of both objects: what they say, which is to be nothing. */
  async function drift(manifests: readonly KubeObject[]): Promise<string> {
    const told = await Promise.all([diff(manifests), diff(manifests, ...ARGO)]);
    return told.join('');
  }

  /**
   * kubectl reads the object and then asks what an apply would make of it. Where the operator has written status
   * between the two, they are of different versions and tell nothing of drift: asked again.
   */
  async function diff(manifests: readonly KubeObject[], ...flags: readonly string[]): Promise<string> {
    for (let tries = 1; ; tries += 1) {
      const { code, stdout, stderr } = await stage.kubectl.diff(manifests, ...flags);
      if (code === 0) return stdout;
      if (tries === 5 || !/^\+ +resourceVersion:/m.test(stdout)) return `${code} ${stdout}${stderr}`;
    }
  }

  it('an apply in every second of a rollout fights over nothing, and nothing drifts', async () => {
    const name = 'synced';
    const inGit = (version: string) => [
      smallModel(name, { version }),
      quickRollout(name, { waves: AWAITING_WAVES }),
    ];
    await stage.kubectl.apply(inGit('1.0.0'), ...ARGO);
    await stage.kubectl.run(['wait', '--for=condition=Ready', `em/${name}`, '--timeout=90s']);

    await stage.kubectl.apply(inGit('1.1.0'), ...ARGO);
    const drifts: string[] = [];
    const phases = new Set<string>();
    let approved = false;
    await eventually(
      'promoted, under syncs',
      async () => {
        // Without --force: a conflict is an error here.
        await stage.kubectl.apply(inGit('1.1.0'), ...ARGO);
        drifts.push(await drift(inGit('1.1.0')));
        const { status } = await stage.site.rollout(name);
        phases.add(status?.phase ?? '');
        if (status?.phase === 'AwaitingApproval' && !approved) {
          approved = true;
          const approval = `${DECISION.approve}=${status.candidate?.revision}.1/all`;
          await stage.kubectl.run(['annotate', `er/${name}`, approval]);
        }
        return status?.phase;
      },
      (phase) => phase === 'Promoted' && approved,
      120_000,
    );
    expect(drifts.filter((each) => each !== '')).toEqual([]);
    expect([...phases]).toEqual(expect.arrayContaining(['Soaking', 'AwaitingApproval', 'Promoted']));
    await stage.kubectl.run(['wait', '--for=condition=Ready', `em/${name}`, `er/${name}`, '--timeout=60s']);
    expect(await stage.site.versions(name)).toEqual({ '1.1.0': NODES });
    // The person's annotation is not declared in Git, and stays.
    expect((await stage.site.rollout(name)).metadata.annotations?.[DECISION.approve]).toMatch(/\.1\/all$/);

    expect(await owned('em', name)).toEqual({
      'argocd-controller Apply': 'f:spec',
      'outrigger Update status': 'f:status',
    });
    expect(await owned('er', name)).toEqual({
      'argocd-controller Apply': 'f:spec',
      'kubectl-annotate Update': 'f:metadata',
      'outrigger Update status': 'f:status',
    });

    const versions = async () =>
      Promise.all([stage.site.model(name), stage.site.rollout(name)]).then((both) =>
        both.map(({ metadata }) => metadata.resourceVersion),
      );
    const before = await versions();
    for (let sync = 0; sync < 5; sync++) await stage.kubectl.apply(inGit('1.1.0'), ...ARGO);
    expect(await versions()).toEqual(before);
  });

  it('an apply by the client drifts as little', async () => {
    const name = 'by-client';
    const inGit = [smallModel(name), quickRollout(name)];
    await stage.kubectl.apply(inGit);
    await stage.kubectl.run(['wait', '--for=condition=Ready', `em/${name}`, '--timeout=90s']);
    await stage.kubectl.run(['annotate', `em/${name}`, `er/${name}`, 'example.com/seen=yes']);
    const [client, server] = await Promise.all([
      stage.kubectl.diff(inGit),
      stage.kubectl.diff(inGit, '--server-side', '--field-manager=kubectl-client-side-apply'),
    ]);
    expect([client.stdout, client.code]).toEqual(['', 0]);
    expect([server.stdout, server.code]).toEqual(['', 0]);
    expect(await stage.kubectl.apply(inGit)).toMatch(/unchanged[\s\S]*unchanged/);
  });

  it('a model whose pods are to stay has a finalizer of the operator beside, and drifts as little', async () => {
    const name = 'outlived';
    const inGit = [smallModel(name, { spec: { deletionPolicy: 'Orphan' } }), quickRollout(name)];
    await stage.kubectl.apply(inGit, ...ARGO);
    await stage.kubectl.run(['wait', '--for=condition=Ready', `em/${name}`, '--timeout=90s']);
    await stage.kubectl.apply(inGit, ...ARGO);
    expect((await stage.site.model(name)).metadata.finalizers).toEqual(['outrigger.dev/orphan-pods']);
    expect(await drift(inGit)).toBe('');
    expect(await owned('em', name)).toEqual({
      'argocd-controller Apply': 'f:spec',
      'outrigger Update': 'f:metadata',
      'outrigger Update status': 'f:status',
    });
    await stage.kubectl.run(['delete', `em/${name}`, '--timeout=60s']);
  });

  it('a rejected version is told by a wait for Stalled, and for the phase', async () => {
    const name = 'bad';
    await stage.kubectl.apply([smallModel(name), quickRollout(name)]);
    await stage.kubectl.run(['wait', '--for=condition=Ready', `em/${name}`, '--timeout=90s']);
    await stage.kubectl.apply([smallModel(name, { version: '2.0.0', acts: { 'crash-after': '1s' } })]);
    await stage.kubectl.run(['wait', '--for=condition=Stalled', `em/${name}`, '--timeout=90s']);
    await stage.kubectl.run(['wait', '--for=condition=Stalled', `er/${name}`, '--timeout=60s']);
    await stage.kubectl.run([
      'wait',
      '--for=jsonpath={.status.phase}=RolledBack',
      `er/${name}`,
      '--timeout=60s',
    ]);
    await stage.kubectl.run([
      'wait',
      '--for=condition=Ready=False',
      `em/${name}`,
      `er/${name}`,
      '--timeout=10s',
    ]);
    const versions = await eventually(
      'stable serves everywhere',
      () => stage.site.versions(name),
      (found) => found['1.0.0'] === NODES && found['2.0.0'] === undefined,
    );
    expect(versions).toEqual({ '1.0.0': NODES });
  });

  describe('with the operator away', () => {
    const name = 'unseen';

    it('a wait does not take the status of the former spec for an answer', async () => {
      await stage.kubectl.apply([smallModel(name), quickRollout(name)]);
      await stage.kubectl.run(['wait', '--for=condition=Ready', `em/${name}`, '--timeout=90s']);
      await stage.operator.end('SIGTERM');
      await stage.kubectl.apply([smallModel(name, { version: '1.1.0' })]);
      // Ready=True is still written there, of the generation before.
      expect(condition((await stage.site.model(name)).status?.conditions, 'Ready')?.status).toBe('True');
      const waited = await stage.kubectl.try(['wait', '--for=condition=Ready', `em/${name}`, '--timeout=3s']);
      expect(waited.code).not.toBe(0);
      expect(waited.stderr).toContain('timed out');
      await stage.startOperator();
      await stage.kubectl.run(['wait', '--for=condition=Ready', `em/${name}`, '--timeout=90s']);
      const versions = await eventually(
        'the former pods have ended',
        () => stage.site.versions(name),
        (found) => found['1.0.0'] === undefined,
      );
      expect(versions).toEqual({ '1.1.0': NODES });
    });
  });
});
