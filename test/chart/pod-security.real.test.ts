import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PodFor, servePod } from '../../src/core/pods/serve-pod.ts';
import { prefetchPod } from '../../src/core/pods/prefetch-pod.ts';
import { eventually, OperatorProcess, Site, startFleet } from '../operator/real-cluster.ts';
import { describeReal } from '../setup/describe-real.ts';
import { securedModel, TRESPASSES } from './pod-templates.ts';

const NODES = 3;
const STANDARD = 'pod-security.kubernetes.io';

describeReal('models in a namespace with pod security', (real) => {
  let fleet: { stop(): Promise<void> };
  beforeAll(async () => {
    fleet = await startFleet(real(), NODES);
  });
  afterAll(() => fleet.stop());

  /** A namespace with these labels, and an operator for it. */
  const site = (labels: Readonly<Record<string, string>>): (() => Site) => {
    let made: Site | undefined;
    let operator: OperatorProcess | undefined;
    beforeAll(async () => {
      made = new Site(real(), await real().namespace(labels));
      operator = new OperatorProcess(real(), made.namespace);
      await operator.untilLeading();
    });
    afterAll(() => operator?.end('SIGTERM'));
    return () => {
      if (made === undefined) throw new Error('the namespace is made before the tests');
      return made;
    };
  };
  /** Pods that were asked for in earnest: status and name of each create that was no dry run. */
  const creations = async (namespace: string): Promise<readonly number[]> =>
    (await readFile(real().auditLog, 'utf8'))
      .split('\n')
      .filter((line) => line.includes(`/namespaces/${namespace}/pods`) && line.includes('"verb":"create"'))
      .map((line) => JSON.parse(line) as { requestURI: string; responseStatus: { code: number } })
      .filter(({ requestURI }) => !requestURI.includes('dryRun=All'))
      .map(({ responseStatus }) => responseStatus.code);

  describe.each(['restricted', 'baseline'] as const)('that enforces %s', (standard) => {
    const at = site({ [`${STANDARD}/enforce`]: standard });
    const refused = TRESPASSES.filter(({ says }) => says[standard] !== undefined);

    beforeAll(async () => {
      for (const { name } of refused) await at().apply(securedModel(name, '1.0.0'));
      for (const { name } of refused) await at().untilReady('1.0.0', name);
    });

    it.each(refused)('$name is refused in the words of the API server', async ({ name, template, says }) => {
      const before = await at().pods(name);
      expect(before).toHaveLength(NODES);
      const fresh = `fresh-${name}`;
      await at().apply(securedModel(name, '1.1.0', template));
      await at().apply(securedModel(fresh, '1.1.0', template));
      for (const model of [name, fresh]) {
        const condition = await at().untilCondition('EdgeModel', model, 'Accepted', 'PodRefused');
        expect(condition.status).toBe('False');
        expect(condition.message).toContain(`violates PodSecurity "${standard}:latest": `);
        expect(condition.message).toContain(says[standard]);
        expect(condition.message).toContain("correct spec.template or the variant's patch");
        expect(await at().events()).toContainEqual(
          expect.objectContaining({
            type: 'Warning',
            reason: 'PodRefused',
            name: model,
            note: condition.message,
          }),
        );
      }
      expect(await at().pods(fresh)).toEqual([]);
      expect(await at().pods(name)).toEqual(before);
      await at().apply(securedModel(name, '1.2.0'));
      await at().untilReady('1.2.0', name);
    });

    it('asks for no pod that it was told would be refused', async () => {
      const statuses = await creations(at().namespace);
      expect(statuses.length).toBeGreaterThanOrEqual(refused.length * NODES * 2);
      expect(statuses.filter((status) => status !== 201)).toEqual([]);
    });
  });

  describe('that enforces baseline', () => {
    const at = site({ [`${STANDARD}/enforce`]: 'baseline' });

    it('takes a template without a security context', async () => {
      for (const { name, template, says } of TRESPASSES) {
        if (says.baseline === undefined) await at().apply(securedModel(name, '1.0.0', template));
      }
      await at().untilReady('1.0.0', 'no-context');
      expect(await at().versions('no-context')).toEqual({ '1.0.0': NODES });
    });
  });

  describe('that only warns and audits', () => {
    const at = site({ [`${STANDARD}/warn`]: 'restricted', [`${STANDARD}/audit`]: 'restricted' });

    it('takes everything', async () => {
      for (const { name, template } of TRESPASSES) await at().apply(securedModel(name, '1.0.0', template));
      for (const { name } of TRESPASSES) {
        await at().untilReady('1.0.0', name);
        expect(await at().pods(name)).toHaveLength(NODES);
      }
    });
  });

  describe('that comes to enforce restricted later', () => {
    const at = site({});
    const enforce = async (standard: string | null): Promise<void> => {
      const labels = { [`${STANDARD}/enforce`]: standard };
      const path = `/api/v1/namespaces/${at().namespace}`;
      const reply = await real().call(
        'PATCH',
        path,
        { metadata: { labels } },
        'application/merge-patch+json',
      );
      expect(reply).toMatchObject({ status: 200 });
    };

    it('lets run what runs, and says of each node whose pod cannot be made again why', async () => {
      const name = 'no-context';
      const [trespass] = TRESPASSES.filter((each) => each.name === name);
      await at().apply(securedModel(name, '1.0.0', trespass?.template));
      await at().untilReady('1.0.0', name);
      await enforce('restricted');
      const [gone, ...others] = await at().pods(name);
      await real().call('DELETE', `/api/v1/namespaces/${at().namespace}/pods/${gone?.name}`);
      const { status } = await eventually(
        'the node is an exception',
        () => at().model(name),
        (model) => model.status?.exceptions?.some(({ reason }) => reason === 'PodSecurity') === true,
      );
      expect(status?.exceptions).toEqual([
        expect.objectContaining({
          node: gone?.node,
          message: expect.stringContaining(
            'violates PodSecurity "restricted:latest": allowPrivilegeEscalation',
          ),
        }),
      ]);
      expect(await at().pods(name)).toEqual(others);
      await enforce(null);
      await eventually(
        'the pod is back',
        () => at().versions(name),
        (versions) => versions['1.0.0'] === NODES,
      );
    });
  });

  describe('that enforces restricted', () => {
    const at = site({ [`${STANDARD}/enforce`]: 'restricted' });

    it.each(['Surge', 'Replace'] as const)(
      'goes from one version to the next by %s',
      async (updateStrategy) => {
        const name = `by-${updateStrategy.toLowerCase()}`;
        await at().apply(securedModel(name, '1.0.0', {}, { updateStrategy }));
        await at().untilReady('1.0.0', name);
        await at().apply(securedModel(name, '1.1.0', {}, { updateStrategy }));
        await at().untilReady('1.1.0', name);
        expect(await at().versions(name)).toEqual({ '1.1.0': NODES });
      },
    );

    it('takes the pods that Outrigger makes of such a template', async () => {
      const { spec } = securedModel('as-made', '1.0.0', {}, { config: { 'labels.txt': 'ok' } });
      const [variant] = spec.variants;
      if (variant === undefined) throw new Error('the model has a variant');
      const of: PodFor = {
        model: {
          ...securedModel('as-made', '1.0.0'),
          metadata: {
            name: 'as-made',
            namespace: at().namespace,
            uid: 'b6b8c9fa-2a35-4a0f-8f9e-7f7f0f1f6c11',
          },
        },
        revision: 'rev-a',
        content: spec,
        variant,
        cohort: 'cpu',
        node: { name: 'edge-1', uid: 'uid-edge-1', labels: {} },
      };
      for (const pod of [servePod(of), prefetchPod(of, 'registry.example/pause:1')]) {
        const path = `/api/v1/namespaces/${at().namespace}/pods?dryRun=All&fieldValidation=Strict`;
        expect(await real().call('POST', path, pod)).toMatchObject({ status: 201 });
      }
    });
  });
});
