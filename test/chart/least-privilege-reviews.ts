import type { TokenClient } from './least-privilege-client.ts';

/** Who is asked about: a ServiceAccount with the groups that it always has. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

export const userOf = ({ namespace, name }: Account): string => `system:serviceaccount:${namespace}:${name}`;

const STANDARD = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
const CUSTOM = [
  'use',
  'bind',
  'escalate',
  'impersonate',
  'sign',
  'approve',
  'promote',
  'abort',
  'retry',
  '*',
];

/** What RBAC knows and discovery does not. */
const UNLISTED: readonly Resource[] = [
  { group: '', name: 'users', namespaced: false },
  { group: '', name: 'groups', namespaced: false },
  { group: 'authentication.k8s.io', name: 'uids', namespaced: false },
  { group: 'authentication.k8s.io', name: 'userextras', subresource: 'scopes', namespaced: false },
  { group: 'certificates.k8s.io', name: 'signers', namespaced: false },
  { group: '*', name: '*', namespaced: true },
];

const PATHS = ['/', '/metrics', '/logs', '/configz', '/debug/pprof', '/statusz', '/flagz'];

interface Resource {
  readonly group: string;
  readonly name: string;
  readonly subresource?: string;
  readonly namespaced: boolean;
}

interface Attributes {
  readonly namespace?: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
}

/** Asks the API server, as administrator, about every verb on everything that it serves. */
export class Reviews {
  readonly #admin: TokenClient;
  readonly #account: Account;

  constructor(admin: TokenClient, account: Account) {
    this.#admin = admin;
    this.#account = account;
  }

  /**
   * The rights in a namespace, or, with '', those in all namespaces and on cluster-scoped objects; sorted, as
   * `verb resource.group/subresource`. Rights to objects by name are not among them.
   */
  async allowed(namespace: string): Promise<readonly string[]> {
    const resources = [...(await this.#resources()), ...UNLISTED];
    const questions: Attributes[] = resources
      .filter(({ namespaced }) => namespaced || namespace === '')
      .flatMap(({ group, name, subresource }) =>
        [...STANDARD, ...CUSTOM].map((verb) => ({
          verb,
          group,
          resource: name,
          ...(subresource !== undefined && { subresource }),
          ...(namespace !== '' && { namespace }),
        })),
      );
    const answers = await Promise.all(
      questions.map(async (resourceAttributes) => ({
        right: describeRight(resourceAttributes),
        allowed: await this.#review({ resourceAttributes }),
      })),
    );
    return answers.flatMap(({ right, allowed }) => (allowed ? [right] : [])).toSorted();
  }

  /** Of the paths that are no resources, those that may be read beyond what every client of a cluster may. */
  async allowedPaths(): Promise<readonly string[]> {
    const answers = await Promise.all(
      PATHS.map((path) => this.#review({ nonResourceAttributes: { path, verb: 'get' } })),
    );
    return PATHS.filter((_, index) => answers[index]);
  }

  async #review(attributes: Readonly<Record<string, unknown>>): Promise<boolean> {
    const { namespace } = this.#account;
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
    const review = await this.#send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: userOf(this.#account), groups, ...attributes },
    });
    const { allowed } = review['status'] as { readonly allowed: boolean };
    return allowed;
  }

  async #resources(): Promise<readonly Resource[]> {
    const { groups } = (await this.#send('GET', '/apis')) as unknown as {
      readonly groups: readonly {
        readonly name: string;
        readonly versions: readonly { readonly groupVersion: string }[];
      }[];
    };
    const versions = groups.flatMap(({ name, versions: all }) =>
      all.map(({ groupVersion }) => ({ group: name, path: `/apis/${groupVersion}` })),
    );
    const lists = await Promise.all(
      [{ group: '', path: '/api/v1' }, ...versions].map(async ({ group, path }) => {
        const { resources } = (await this.#send('GET', path)) as unknown as {
          readonly resources: readonly { readonly name: string; readonly namespaced: boolean }[];
        };
        return resources.map(({ name: full, namespaced }): Resource => {
          const [name = '', subresource] = full.split('/');
          return { group, name, namespaced, ...(subresource !== undefined && { subresource }) };
        });
      }),
    );
    // Two versions of a group are one to RBAC.
    return [...new Map(lists.flat().map((each) => [describeResource(each), each])).values()];
  }

  async #send(method: string, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> {
    const reply = await this.#admin.send({ method, path, body });
    if (reply.status > 201)
      throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  }
}

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** The rights in a namespace that are to objects of certain names, as the bearer of the token is told: `right name`. */
export async function namedRights(bearer: TokenClient, namespace: string): Promise<readonly string[]> {
  const { body } = await bearer.send({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace },
    },
  });
  const { resourceRules } = body['status'] as { readonly resourceRules: readonly Rule[] };
  return resourceRules
    .flatMap(({ verbs, apiGroups, resources, resourceNames = [] }) =>
      verbs.flatMap((verb) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            resourceNames.map((name) => `${describeRight({ verb, group, resource })} ${name}`),
          ),
        ),
      ),
    )
    .toSorted();
}

function describeRight({ verb, group, resource, subresource }: Attributes): string {
  return `${verb} ${describeResource({ group, name: resource, ...(subresource !== undefined && { subresource }) })}`;
}

/** As RBAC and kubectl write it: `pods/log`, `edgemodels.outrigger.dev/status`. */
export function describeResource({ group, name, subresource }: Omit<Resource, 'namespaced'>): string {
  return `${name}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
}
