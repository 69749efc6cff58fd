import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installCrds } from '../api/install-crds.ts';
import { eventually } from '../operator/real-cluster.ts';
import { describeReal } from '../setup/describe-real.ts';
import { accessObjects, grant, install, uninstall } from './access-objects.ts';
import type { Manifest } from './manifest.ts';

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const OPERATE = ['approve', 'abort', 'retry'];
const VERBS = [...READ, ...WRITE, 'promote', ...OPERATE];
const RESOURCES = ['edgemodels', 'edgerollouts', 'edgemodels/status', 'edgerollouts/status'] as const;
type Resource = (typeof RESOURCES)[number];

interface Holder {
  readonly role: string;
  /** All that the role allows; what is not here it does not. */
  readonly may: Readonly<Partial<Record<Resource, readonly string[]>>>;
}

const VIEWER = { edgemodels: READ, edgerollouts: READ };
const OPERATOR = { edgemodels: READ, edgerollouts: [...READ, 'patch', ...OPERATE] };
const OWNER = {
  edgemodels: [...READ, ...WRITE],
  edgerollouts: [...READ, ...WRITE, 'promote', ...OPERATE],
};

const HOLDERS: readonly Holder[] = [
  { role: 'outrigger-view', may: VIEWER },
  { role: 'outrigger-operate', may: OPERATOR },
  { role: 'outrigger-admin', may: OWNER },
];

/** As `allowedVerbs` tells it. */
const ordered = (may: Holder['may']): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(may).map(([resource, verbs]) => [resource, VERBS.filter((verb) => verbs.includes(verb))]),
  );

async function roles(values: unknown): Promise<readonly Manifest[]> {
  const objects = await accessObjects('outrigger-system', values);
  return objects.filter(({ kind }) => kind === 'ClusterRole');
}

describeReal('the roles for people', (real) => {
  let namespace: string;

  const allowed = async (user: string, verb: string, resource: Resource): Promise<boolean> => {
    const [name, subresource] = resource.split('/');
    const reply = await real().call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user,
        resourceAttributes: { namespace, verb, group: 'outrigger.dev', resource: name, subresource },
      },
    });
    return (reply.body['status'] as { allowed: boolean }).allowed;
  };
  const allowedVerbs = async (user: string): Promise<Record<string, string[]>> => {
    const found: Record<string, string[]> = {};
    for (const resource of RESOURCES) {
      const verbs: string[] = [];
      for (const verb of VERBS) if (await allowed(user, verb, resource)) verbs.push(verb);
      if (verbs.length > 0) found[resource] = verbs;
    }
    return found;
  };
  const aggregated = async (role: string, verbs: readonly string[]): Promise<void> => {
    await eventually(
      `${role} has taken up what is for it`,
      async () => (await real().call('GET', `/apis/rbac.authorization.k8s.io/v1/clusterroles/${role}`)).body,
      (body) => {
        const rules = (body['rules'] ?? []) as readonly { apiGroups?: string[]; verbs: string[] }[];
        const ours = rules.filter(({ apiGroups = [] }) => apiGroups.includes('outrigger.dev'));
        const held = new Set(ours.flatMap((rule) => rule.verbs));
        return held.size === verbs.length && verbs.every((verb) => held.has(verb));
      },
    );
  };

  beforeAll(async () => {
    await installCrds(real().call);
    namespace = await real().namespace();
    for (const role of [...HOLDERS.map((holder) => holder.role), 'view', 'edit', 'admin']) {
      await grant(real(), namespace, `holds-${role}`, role);
    }
    await grant(real(), namespace, 'last', [
      { apiGroups: ['outrigger.dev'], resources: ['*'], verbs: ['get'] },
    ]);
    await eventually('the bindings are known', () => allowed('last', 'get', 'edgemodels'), Boolean);
  });

  describe('added to those of the cluster', () => {
    let objects: readonly Manifest[] = [];
    beforeAll(async () => {
      objects = await roles({});
      await install(real(), objects);
      await aggregated('view', READ);
      await aggregated('edit', [...READ, 'patch', ...OPERATE]);
      await aggregated('admin', [...READ, ...WRITE, 'promote', ...OPERATE]);
    });
    afterAll(async () => {
      await uninstall(real(), objects);
      for (const role of ['view', 'edit', 'admin']) await aggregated(role, []);
    });

    it.each([
      ...HOLDERS,
      { role: 'view', may: VIEWER },
      { role: 'edit', may: OPERATOR },
      { role: 'admin', may: OWNER },
    ])('$role allows what it says and nothing else', async ({ role, may }) => {
      await eventually('the role is known', () => allowed(`holds-${role}`, 'watch', 'edgerollouts'), Boolean);
      expect(await allowedVerbs(`holds-${role}`)).toEqual(ordered(may));
    });
  });

  it('are not added where the chart is told so', async () => {
    const objects = await roles({ rbac: { aggregateRoles: false } });
    await install(real(), objects);
    try {
      await eventually(
        'the roles are known',
        () => allowed('holds-outrigger-admin', 'promote', 'edgerollouts'),
        Boolean,
      );
      // Made after them, so that the controller has come past them when this one is there.
      const last = await roles({ fullnameOverride: 'other' });
      const marker = last.filter(({ metadata }) => metadata.name === 'other-view');
      await install(real(), marker);
      await aggregated('view', READ);
      await uninstall(real(), marker);
      await eventually(
        'nothing is left of it',
        () => allowedVerbs('holds-admin'),
        (verbs) => Object.keys(verbs).length === 0,
      );
      expect(await allowedVerbs('holds-outrigger-operate')).toEqual(ordered(OPERATOR));
    } finally {
      await uninstall(real(), objects);
    }
  });

  it('give edit nothing where no policy holds its patch to decisions', async () => {
    const objects = await roles({ decisionPolicy: { enabled: false } });
    const targets = objects.flatMap(({ metadata }) =>
      Object.keys(metadata.labels ?? {}).filter((label) => label.includes('aggregate-to')),
    );
    expect(targets).toEqual([
      'rbac.authorization.k8s.io/aggregate-to-view',
      'rbac.authorization.k8s.io/aggregate-to-admin',
    ]);
  });
});
