import { readFile } from 'node:fs/promises';
import { loadAll } from 'js-yaml';
import { expect, it } from 'vitest';

import { DECISION } from '../../src/api/names.ts';
import { install, uninstall } from '../chart/access-objects.ts';
import { DecisionStage, NEW } from '../chart/decision-stage.ts';
import { isManifest } from '../chart/manifest.ts';
import { eventually } from '../operator/real-cluster.ts';
import { describeReal } from '../setup/describe-real.ts';
import { DECISIONS } from './argocd-customizations.ts';

const SERVER = 'system:serviceaccount:argocd:argocd-server';
const FILE = new URL('../../deploy/argocd/decisions-rbac.yaml', import.meta.url);

describeReal("Argo CD's API server and the admission policy", (real) => {
  const stage = new DecisionStage(real);

  const decide = (name: string, verb: (typeof DECISIONS)[number]) =>
    stage.person(SERVER).patch(stage.path(name), { metadata: { annotations: { [DECISION[verb]]: NEW } } });

  it('may carry out what people decide with decisions-rbac.yaml, and not without it', async () => {
    // What Argo CD's own manifests give its API server: delete, get and patch of everything.
    await stage.grant(SERVER, [{ apiGroups: ['*'], resources: ['*'], verbs: ['delete', 'get', 'patch'] }]);
    await stage.untilGranted();
    const name = await stage.existing();
    for (const verb of DECISIONS) {
      const { status, body } = await decide(name, verb);
      expect([verb, status]).toEqual([verb, 403]);
      expect(String(body['message'])).toContain(`needs the verb ${verb} on edgerollouts`);
    }
    const objects = loadAll(await readFile(FILE, 'utf8')).filter(isManifest);
    expect(objects.map(({ kind }) => kind)).toEqual(['ClusterRole', 'ClusterRoleBinding']);
    await install(real(), objects);
    try {
      for (const verb of DECISIONS) {
        await eventually(
          `${verb} is taken`,
          () => decide(name, verb),
          ({ status }) => status === 200,
        );
        expect(await stage.annotation(name, verb)).toBe(NEW);
      }
    } finally {
      await uninstall(real(), objects);
    }
  });
});
