import { contentOf, modelOf, nodeOf } from '../../src/core/fixtures/objects.ts';
import type { Pod } from '../../src/core/pods/serve-pod.ts';
import { servePod } from '../../src/core/pods/serve-pod.ts';
import type { CohortArms } from '../../src/judge/cohort-arms.ts';

export interface ScrapedPod {
  readonly pod: Pod;
  readonly node: string;
  readonly cohort: string;
  readonly candidate: boolean;
  /** The port on 127.0.0.1 that is its metrics port. */
  readonly port: number;
}

/** Nodes of each cohort, of which so many are candidates. */
const NODES = 12;
const CANDIDATES = 3;
export const SITE = 'ulm';

/** Ports that `scrapedPods` needs. */
export const PORTS = 2 * NODES;

/**
 * Pods as Outrigger makes them, of two cohorts, each with a metrics port of its own: they all have the address of this
 * machine.
 */
export function scrapedPods(namespace: string, ports: readonly number[]): readonly ScrapedPod[] {
  const base = modelOf();
  const model = { ...base, metadata: { ...base.metadata, namespace } };
  return ports.map((port, index) => {
    const cohort = index < NODES ? 'orin' : 'cpu';
    const candidate = index % NODES < CANDIDATES;
    const node = `relabel-${index}`;
    const ports = [{ name: 'metrics', containerPort: port }];
    const pod = servePod({
      model,
      revision: candidate ? 'rev-b' : 'rev-a',
      content: contentOf('1.0.0', { podLabelsFromNode: ['site'] }),
      variant: { name: `${cohort}-build`, patch: { spec: { containers: [{ name: 'model', ports }] } } },
      cohort,
      node: nodeOf(node, { labels: { site: SITE } }),
    });
    return { pod, node, cohort, candidate, port };
  });
}

/** The judge's view of them, by pod or by node. */
export function armsOf(pods: readonly ScrapedPod[], groupBy: 'pod' | 'node'): readonly CohortArms[] {
  return [...Map.groupBy(pods, ({ cohort }) => cohort)].map(([name, members]) => {
    const arm = (candidate: boolean) =>
      members
        .filter((each) => each.candidate === candidate)
        .map(({ pod, node }) => ({ node, key: groupBy === 'pod' ? pod.metadata.name : node }));
    return { name, candidates: arm(true), controls: arm(false), drawn: true };
  });
}

/** Requests a second of each pod. */
const RATE = 20;

/** What the server of a pod says of itself after `elapsed` ms: a fifth of failures on candidates, and false labels. */
export function page({ candidate }: Pick<ScrapedPod, 'candidate'>, elapsed: number): string {
  const count = Math.floor((elapsed / 1000) * RATE);
  const failed = candidate ? Math.floor(count / 5) : 0;
  const own = 'pod="liar",node="liar",namespace="liar",model="resnet",revision="7",site="liar"';
  return [
    '# TYPE model_requests_total counter',
    `model_requests_total{${own},code="200"} ${count - failed}`,
    `model_requests_total{${own},code="500"} ${failed}`,
    '# TYPE model_temperature_celsius gauge',
    `model_temperature_celsius ${candidate ? 90 : 50}`,
    '',
  ].join('\n');
}
