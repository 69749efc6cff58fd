import { afterAll, beforeAll } from 'vitest';
import { DECISION } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { installCrds } from '../api/install-crds.ts';
import { runTool, type ToolOutcome } from '../binaries/run-tool.ts';
import { rollout } from '../operator/manifests.ts';
import { eventually } from '../operator/real-cluster.ts';
import type { RealParts } from '../setup/describe-real.ts';
import { accessObjects, grant, install, type Rule, uninstall } from './access-objects.ts';
import type { Manifest } from './manifest.ts';
import { Person } from './person.ts';

export const OLD = '5f2c9a.1/half';
export const NEW = '77d0e1.2/half';

export const rolloutsRule = (verbs: readonly string[], resourceNames?: readonly string[]): Rule => ({
  apiGroups: ['outrigger.dev'],
  resources: ['edgerollouts'],
  verbs,
  ...(resourceNames && { resourceNames }),
});

/** All that writes a rollout, and none of the verbs of decisions. */
export const WRITE = ['get', 'create', 'update', 'patch', 'delete'];

/**
 * The chart's policy at work on a real API server, for the tests of one block. In its namespace `owner` and `on-call`
 * are bound to the roles for that, and `author` may write rollouts and decide nothing.
 */
export class DecisionStage {
  readonly #real: () => RealParts;
  #objects: readonly Manifest[] = [];
  #namespace = '';
  #count = 0;

  constructor(real: () => RealParts) {
    this.#real = real;
    beforeAll(() => this.#set());
    afterAll(() => uninstall(real(), this.#objects));
  }

  get namespace(): string {
    return this.#namespace;
  }

  get collection(): string {
    return `/apis/outrigger.dev/v1alpha1/namespaces/${this.#namespace}/edgerollouts`;
  }

  path(name: string): string {
    return `${this.collection}/${name}`;
  }

  person(name: string): Person {
    return new Person(this.#real(), name);
  }

  kubectl(as: string, args: readonly string[], input = ''): Promise<ToolOutcome> {
    const flags = [`--kubeconfig=${this.#real().kubeconfig}`, `--as=${as}`, `--namespace=${this.#namespace}`];
    return runTool('kubectl', [...flags, ...args], { input });
  }

  manifest(name: string, annotations: Readonly<Record<string, string>> = {}): KubeObject {
    return { ...rollout({}, name), metadata: { name, namespace: this.#namespace, annotations } };
  }

  /** Made by the administrator, as the field manager `tests`; returns its name. */
  async existing(annotations: Readonly<Record<string, string>> = {}): Promise<string> {
    this.#count += 1;
    const name = `rollout-${this.#count}`;
    const reply = await this.#real().call(
      'PATCH',
      `${this.path(name)}?fieldManager=tests`,
      this.manifest(name, annotations),
      'application/apply-patch+yaml',
    );
    if (reply.status !== 201) throw new Error(`not made: ${JSON.stringify(reply.body)}`);
    return name;
  }

  async stored(name: string): Promise<KubeObject> {
    return (await this.#real().call('GET', this.path(name))).body as unknown as KubeObject;
  }

  async annotation(name: string, verb: keyof typeof DECISION): Promise<string | undefined> {
    return (await this.stored(name)).metadata.annotations?.[DECISION[verb]];
  }

  async grant(user: string, to: string | readonly Rule[]): Promise<void> {
    await grant(this.#real(), this.#namespace, user, to);
  }

  /** The API server takes a moment to learn of a right: the last that was granted is the last to come. */
  async untilGranted(): Promise<void> {
    await this.grant('last-granted', [rolloutsRule(['get'])]);
    const name = await this.existing();
    await eventually(
      'the rights are known',
      () => this.person('last-granted').get(this.path(name)),
      ({ status }) => status === 200,
    );
  }

  async #set(): Promise<void> {
    const real = this.#real();
    await installCrds(real.call);
    this.#namespace = await real.namespace();
    this.#objects = await accessObjects('outrigger-system', {});
    await install(real, this.#objects);
    await this.grant('owner', 'outrigger-admin');
    await this.grant('on-call', 'outrigger-operate');
    await this.grant('author', [rolloutsRule(WRITE)]);
    const probe = await this.existing();
    let tries = 0;
    await eventually(
      'the policy refuses',
      () => {
        tries += 1;
        // Another value each time: one that is there already would be free.
        const annotations = { [DECISION.retry]: String(tries) };
        return this.person('author').patch(this.path(probe), { metadata: { annotations } });
      },
      ({ body }) => String(body['message']).includes('ValidatingAdmissionPolicy'),
    );
  }
}
