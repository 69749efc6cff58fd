import type { EdgeModelSpec } from '../../src/api/edge-model.ts';
import type { EdgeRolloutSpec } from '../../src/api/edge-rollout.ts';
import { LABEL } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { condition } from '../operator/harness.ts';
import { model, NAME, rollout } from '../operator/manifests.ts';
import { eventually, Site } from '../operator/real-cluster.ts';
import type { RealParts } from '../setup/describe-real.ts';
import type { GuardedPrometheus } from './least-privilege-prometheus.ts';

/** The Secret that the chart's value names, and its neighbour, which it does not. */
export const SECRET = 'prometheus-token';
export const NEIGHBOUR = 'database-password';
export const TOKEN = 'a-token-of-prometheus';

const OTHER = 'label-reader';
const ADOPTER = 'adopter';
const MERGE = 'application/merge-patch+json';

/** A model's whole life in one namespace, so that the operator has to do all that it ever does. */
export class Life {
  readonly #real: RealParts;
  readonly #site: Site;
  readonly #prometheus: GuardedPrometheus;

  constructor(real: RealParts, namespace: string, prometheus: GuardedPrometheus) {
    this.#real = real;
    this.#site = new Site(real, namespace);
    this.#prometheus = prometheus;
  }

  async secrets(): Promise<void> {
    await this.#create('api/v1', 'secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: SECRET,
        annotations: { 'outrigger.dev/prometheus-address': this.#prometheus.address },
      },
      stringData: { token: TOKEN },
    });
    await this.#create('api/v1', 'secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: NEIGHBOUR },
      stringData: { password: 'of-nobody-elses-business' },
    });
  }

  /** A Service, files, a first revision, and a second one that is fetched ahead. */
  async begun(): Promise<void> {
    const site = this.#site;
    await site.apply(this.#rollout());
    await site.apply(this.#model('1.0.0'));
    await site.untilReady('1.0.0');
    await site.apply(this.#model('1.1.0'));
    await eventually(
      'a prefetch pod',
      () => site.pods(),
      (pods) => pods.some(({ role }) => role === 'prefetch'),
    );
  }

  /** It is judged on Prometheus and promoted; what serves then. */
  async promoted(): Promise<Readonly<Record<string, number>>> {
    const site = this.#site;
    await site.untilReady('1.1.0');
    const versions = await site.versions();
    // The first revision is beyond the history limit, with its files.
    await eventually(
      'the first revision is forgotten',
      async () => (await this.#names('apis/apps/v1', 'controllerrevisions', `${LABEL.model}=${NAME}`)).length,
      (count) => count === 1,
    );
    return versions;
  }

  /** A revision that crashes is taken back. */
  async rolledBack(): Promise<void> {
    const site = this.#site;
    await site.apply(this.#model('1.2.0', { 'crash-after': '1s' }));
    await site.untilPhase('RolledBack');
    await eventually(
      'all serve stable',
      () => site.versions(),
      (versions) => versions['1.1.0'] === 6,
    );
    await site.apply(this.#model('1.1.0'));
    await site.untilReady('1.1.0');
    // Nobody needs the Service any more.
    const { service: _, ...rest } = this.#model('1.1.0').spec;
    await site.apply({ ...this.#model('1.1.0'), spec: rest });
    await eventually(
      'the Service is deleted',
      () => this.#get('api/v1', 'services', NAME),
      (status) => status === 404,
    );
  }

  /** Somebody stands in the way: a foreign Service, and people who take labels off. */
  async othersInTheWay(): Promise<void> {
    const site = this.#site;
    await this.#create('api/v1', 'services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: OTHER },
      spec: { ports: [{ port: 80 }] },
    });
    await site.apply(
      model({
        name: OTHER,
        spec: {
          nodeSelector: { 'kubernetes.io/hostname': 'edge-x86-01' },
          config: { 'labels.txt': 'ok\n' },
          service: { port: 80, targetPort: 'http' },
        },
      }),
    );
    await site.untilReady('1.0.0', OTHER);
    await eventually(
      'the foreign Service is told of more than once',
      async () =>
        (await this.#items('api/v1', 'events')).some(
          (event) => event['reason'] === 'ServiceNotOurs' && Number(event['count']) > 1,
        ),
      (told) => told,
    );
    // Out of sight of the operator's watches, they are met under their name.
    const [configMap = ''] = await this.#names('api/v1', 'configmaps', `${LABEL.model}=${OTHER}`);
    await this.#unlabel('api/v1', 'configmaps', configMap, LABEL.managedBy);
    const [pod = ''] = await this.#names('api/v1', 'pods', `${LABEL.model}=${OTHER}`);
    await this.#unlabel('api/v1', 'pods', pod, LABEL.model);
    await eventually(
      'the pod of that name is told of',
      () => site.model(OTHER),
      ({ status }) => status?.exceptions?.some(({ reason }) => reason === 'ForeignPod') === true,
    );
    const [revision = ''] = await this.#names(
      'apis/apps/v1',
      'controllerrevisions',
      `${LABEL.model}=${OTHER}`,
    );
    await this.#unlabel('apis/apps/v1', 'controllerrevisions', revision, LABEL.model);
  }

  /** A pod that a DaemonSet left behind is taken over, and goes with its model. */
  async adopted(): Promise<void> {
    const site = this.#site;
    const hostname = 'edge-x86-02';
    await this.#create('api/v1', 'pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'left-behind', labels: { app: ADOPTER } },
      spec: { nodeName: hostname, containers: [{ name: 'server', image: 'registry.example/old:1' }] },
    });
    const spec = {
      nodeSelector: { 'kubernetes.io/hostname': hostname },
      adopt: { selector: { app: ADOPTER } },
    };
    await site.apply(model({ name: ADOPTER, spec }));
    await eventually(
      'the pod is adopted',
      () => site.pods(ADOPTER),
      (pods) => pods.length === 1 && pods[0]?.name === 'left-behind' && pods[0].variant === 'adopted',
    );
    await site.untilCondition('EdgeModel', ADOPTER, 'Ready', 'NoRollout');
    await this.#delete('apis/outrigger.dev/v1alpha1', 'edgemodels', ADOPTER);
    await eventually(
      'it goes with the model',
      () => site.pods(ADOPTER),
      (pods) => pods.length === 0,
    );
  }

  /** One model with deletionPolicy Orphan and one without are deleted; the pods of the first, before and after. */
  async deleted(): Promise<{ readonly before: readonly string[]; readonly after: readonly string[] }> {
    const site = this.#site;
    const orphan = this.#model('1.1.0');
    await site.apply({ ...orphan, spec: { ...orphan.spec, deletionPolicy: 'Orphan' } });
    await eventually(
      'the finalizer is set',
      () => site.model(),
      ({ metadata }) => (metadata.finalizers ?? []).length > 0,
    );
    const before = await this.#serving();
    await this.#delete('apis/outrigger.dev/v1alpha1', 'edgemodels', NAME);
    await this.#delete('apis/outrigger.dev/v1alpha1', 'edgemodels', OTHER);
    for (const name of [NAME, OTHER]) {
      await eventually(
        `${name} is gone`,
        () => this.#get('apis/outrigger.dev/v1alpha1', 'edgemodels', name),
        (status) => status === 404,
      );
    }
    const owned = (await this.#items('api/v1', 'pods', `${LABEL.model}=${NAME}`)).filter(({ metadata }) =>
      (metadata as KubeObject['metadata']).ownerReferences?.some(({ kind }) => kind === 'EdgeModel'),
    );
    if (owned.length > 0) throw new Error(`pods that still belong to the model: ${JSON.stringify(owned)}`);
    return { before, after: await this.#serving() };
  }

  /** The uids of the model's Ready pods, in order. */
  async #serving(): Promise<readonly string[]> {
    const pods = await this.#site.pods();
    return pods
      .filter(({ ready, deleting }) => ready && !deleting)
      .map(({ uid }) => uid)
      .toSorted();
  }

  /** What was left on purpose: it would hold the devices that the next model wants. */
  async over(): Promise<void> {
    await this.#real.call('DELETE', this.#path('api/v1', 'pods'));
    await eventually(
      'the pods are gone',
      () => this.#site.pods(),
      (pods) => pods.length === 0,
    );
  }

  /** The sentence of the condition of a rollout that waits for a Secret which the operator may not read. */
  async refusedSecret(): Promise<string> {
    const { status } = await eventually(
      'a condition prints the Role',
      () => this.#site.rollout(),
      (found) => condition(found.status?.conditions, 'Ready')?.message.includes('kind: Role') === true,
      120_000,
    );
    return condition(status?.conditions, 'Ready')?.message ?? '';
  }

  #model(version: string, acts: Readonly<Record<string, string>> = {}) {
    const spec: Partial<EdgeModelSpec> = {
      config: { 'labels.txt': `of ${version}\n` },
      service: { port: 80, targetPort: 'http' },
      revisionHistoryLimit: 1,
    };
    return model({ version, acts, spec });
  }

  #rollout() {
    const spec: Partial<EdgeRolloutSpec> = {
      waves: [
        { name: 'canary', nodes: 1, soak: '10s' },
        { name: 'all', nodes: '100%' },
      ],
      prometheus: {
        address: this.#prometheus.address,
        secretRef: { name: SECRET },
        queryDelay: '2s',
      },
      analysis: {
        resolution: '5s',
        warmup: '5s',
        metrics: [
          {
            name: 'devices',
            query: { expr: 'max by (pod) (model_device_info)', max: '1', for: '5s' },
          },
          { name: 'health', pods: ['restarts', 'notReady'] },
        ],
      },
    };
    return rollout(spec);
  }

  async #create(group: string, plural: string, object: KubeObject & Record<string, unknown>): Promise<void> {
    const reply = await this.#real.call('POST', this.#path(group, plural), object);
    if (reply.status !== 201) throw new Error(`not created: ${JSON.stringify(reply.body)}`);
  }

  async #unlabel(group: string, plural: string, name: string, label: string): Promise<void> {
    const patch = { metadata: { labels: { [label]: null } } };
    const reply = await this.#real.call('PATCH', this.#path(group, plural, name), patch, MERGE);
    if (reply.status !== 200) throw new Error(`not patched: ${JSON.stringify(reply.body)}`);
  }

  async #delete(group: string, plural: string, name: string): Promise<void> {
    await this.#real.call('DELETE', this.#path(group, plural, name));
  }

  async #get(group: string, plural: string, name: string): Promise<number> {
    return (await this.#real.call('GET', this.#path(group, plural, name))).status;
  }

  async #items(
    group: string,
    plural: string,
    labelSelector = '',
  ): Promise<readonly Record<string, unknown>[]> {
    const path = `${this.#path(group, plural)}?labelSelector=${encodeURIComponent(labelSelector)}`;
    return (await this.#real.call('GET', path)).body['items'] as readonly Record<string, unknown>[];
  }

  async #names(group: string, plural: string, labelSelector: string): Promise<readonly string[]> {
    const items = await this.#items(group, plural, labelSelector);
    return items.map(({ metadata }) => (metadata as KubeObject['metadata']).name);
  }

  #path(group: string, plural: string, name?: string): string {
    const collection = `/${group}/namespaces/${this.#site.namespace}/${plural}`;
    return name === undefined ? collection : `${collection}/${name}`;
  }
}
