import type { EdgeModel } from '../../api/edge-model.ts';
import type { EdgeRollout } from '../../api/edge-rollout.ts';
import { LABEL } from '../../api/names.ts';
import type { KubeObject } from '../../api/object-meta.ts';
import { parseEdgeModel, parseEdgeRollout } from '../../api/parse.ts';
import type { Parsed } from '../../api/parse.ts';
import { prometheusTiming } from '../../api/prometheus-settings.ts';
import { withDefaults } from '../../api/rollout-settings.ts';
import type { Clock } from '../../controller/clock.ts';
import { EvidenceCache } from '../../controller/evidence-cache/evidence-cache.ts';
import { ownerKey, trackedMetric } from '../../controller/judge-wave.ts';
import { connectionOf } from '../../controller/metric-evidence.ts';
import { metricProblems, withoutMetrics } from '../../controller/metric-problems.ts';
import type { MetricsConnection, MetricsSource } from '../../controller/ports/metrics-source.ts';
import { parseRevision } from '../../core/revision/controller-revision.ts';
import { judgedNodes } from '../../core/rollout/judged-nodes.ts';
import { metricName } from '../../core/rollout/metric-rule.ts';
import { designOf, historyMsOf } from '../../core/rollout/trial-look.ts';
import { trialMetric } from '../../core/rollout/trial-metric.ts';
import { nodeView } from '../../core/views/node-view.ts';
import { podView } from '../../core/views/pod-view.ts';
import type { Trial } from '../../judge/trial/trial.ts';
import type { KubeClient } from '../../kube/client.ts';
import { secretReader } from '../../kube/cluster/secret-reader.ts';
import { type Resource, RESOURCES } from '../../kube/resource.ts';
import { UsageError } from '../io.ts';
import { looksUntil } from './looks-until.ts';
import { memoryInCluster, memoryInFile } from './read-memory.ts';
import { reading } from './reading.ts';
import { type ModelObjects, recordedPods } from './recorded-pods.ts';
import { type RecordedWave, recordedWave } from './recorded-wave.ts';
import { recordedVerdicts, sampleNotes } from './replay-notes.ts';

export interface EvidenceParts {
  readonly client: Pick<KubeClient, 'get' | 'listAll'>;
  readonly metrics: Pick<MetricsSource, 'fetch'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly pause: () => Promise<void>;
  /** Where the rollout names no Prometheus. */
  readonly defaultAddress: string | undefined;
}

export interface RolloutWave {
  readonly namespace: string;
  /** Of the EdgeRollout. */
  readonly name: string;
  /** A file with the candidate's record; left out: the newest one in the cluster. */
  readonly memory?: string | undefined;
  /** Left out: the newest that is measured. */
  readonly wave?: string | undefined;
  /** Asked instead of the Prometheus that the rollout names. */
  readonly address?: string | undefined;
}

/** What was measured of a wave, and what is to be known about it. */
export interface RolloutEvidence {
  readonly trial: Trial;
  /** For people, on standard error. */
  readonly notes: readonly string[];
}

/**
 * The trial of a wave as the operator's looks saw it: who ran what from the candidate's record, the samples from
 * Prometheus. When a sample came is known to nobody any more; each counts as seen at once.
 * Errors: UsageError where something is missing, with what to do.
 */
export async function rolloutEvidence(parts: EvidenceParts, asked: RolloutWave): Promise<RolloutEvidence> {
  const { clock } = parts;
  const rollout = await rolloutOf(parts, asked);
  const modelName = rollout.spec.modelRef.name;
  const memory =
    asked.memory === undefined
      ? await memoryInCluster(parts.client, asked.namespace, modelName)
      : await memoryInFile(asked.memory, modelName);
  const wave = recordedWave(memory, asked.wave);
  const { resolutionMs } = memory.analysis;
  const times = {
    from: wave.window.from,
    resolutionMs,
    queryDelayMs: prometheusTiming(rollout.spec.prometheus, resolutionMs).queryDelayMs,
    inconclusiveAfterMs: withDefaults(rollout.spec).inconclusiveAfterMs,
  };
  const looks = looksUntil(times, Math.min(clock.now(), wave.until));
  const last = looks.at(-1);
  if (last === undefined)
    throw new UsageError(
      `no look at wave ${wave.name} ${Number.isFinite(wave.until) ? 'was due before it was over' : `is due yet: the first is at ${new Date(times.from + 2 * resolutionMs + times.queryDelayMs).toISOString()}`}`,
    );
  const objects = await objectsOf(parts.client, asked.namespace, modelName);
  const { tracks, metrics, notes } = await samplesOf(parts, asked, { rollout, wave, objects, steps: last });
  const design = designOf(wave.memory, wave.step, wave.record, wave.window);
  return {
    trial: {
      ...design,
      metrics: design.metrics.map((metric) => {
        const bounds = metrics.get(metric.name)?.bounds;
        return bounds === undefined ? metric : { ...metric, bounds };
      }),
      looks,
      nodes: tracks,
    },
    notes: [
      `wave ${wave.name} of attempt ${memory.attempt} of ${memory.version} (revision ${memory.revision}), measured from ${new Date(times.from).toISOString()}`,
      ...recordedVerdicts(wave),
      ...notes,
    ],
  };
}

interface Sampled {
  readonly rollout: EdgeRollout;
  readonly wave: RecordedWave;
  readonly objects: ModelObjects;
  readonly steps: number;
}

async function samplesOf(parts: EvidenceParts, asked: RolloutWave, of: Sampled) {
  const { memory, step, record, window } = of.wave;
  const { resolutionMs, groupBy } = memory.analysis;
  const now = parts.clock.now();
  const known = recordedPods(of.objects, of.wave, now);
  const nodes = judgedNodes(memory, step, record, known.pods, known.stablePod);
  const { tracks, metrics } = await new EvidenceCache(parts.metrics, parts.pause).look({
    owner: ownerKey(asked.namespace, asked.name),
    subject: 'replay',
    connection: await connectionTo(parts, asked, of.rollout, resolutionMs),
    groupBy,
    nodes,
    metrics: memory.metrics
      .filter((metric) => trialMetric(metric) !== undefined)
      .flatMap((metric) => {
        const cohorts = record.cohorts.filter(
          (cohort) => metric.variants?.includes(known.variantOf(cohort)) ?? true,
        );
        return trackedMetric({ nodes }, { metric, cohorts });
      }),
    from: window.from,
    resolution: resolutionMs,
    historyEnd: Math.min(window.from, Date.parse(step.startedAt)),
    history: historyMsOf(memory),
    now,
    until: window.from + of.steps * resolutionMs,
  });
  for (const [name, { problem }] of metrics) {
    if (problem === undefined || problem.reason === 'BucketsDiffer') continue;
    throw new UsageError(
      `metric ${name} could not be asked for: ${problem.reason}: ${problem.message}; ${problem.reason === 'PrometheusUnreachable' ? 'from here another address may lead there: name it with --prometheus URL' : 'docs/reasons.md says what to do'}`,
    );
  }
  const seen = tracks.map((track) => ({ ...track, arrived: undefined }));
  const problems = metricProblems(metrics, seen);
  const untrue = [...problems].filter(([, { reason }]) => reason === 'BadExceedsTotal');
  return {
    tracks: withoutMetrics(seen, new Set(untrue.map(([name]) => name))),
    metrics,
    notes: [
      ...sampleNotes(nodes, seen, memory.metrics.map(metricName)),
      ...[...problems].map(
        ([name, { reason, message }]) =>
          `metric ${name}: ${reason}: ${message}; the operator passes nothing on it`,
      ),
    ],
  };
}

async function connectionTo(
  { client, defaultAddress }: EvidenceParts,
  { namespace, address }: RolloutWave,
  { spec: { prometheus } }: EdgeRollout,
  resolutionMs: number,
): Promise<MetricsConnection> {
  const connection = await connectionOf(
    { secrets: secretReader(client), defaultAddress },
    { namespace, prometheus: address === undefined ? prometheus : { ...prometheus, address } },
    resolutionMs,
  );
  if (connection === undefined)
    throw new UsageError('the rollout names no Prometheus: say with --prometheus URL where it is');
  if ('kind' in connection) throw new UsageError(connection.message);
  return connection;
}

async function rolloutOf({ client }: EvidenceParts, { namespace, name }: RolloutWave): Promise<EdgeRollout> {
  const what = `EdgeRollout ${namespace}/${name}`;
  const raw = await reading(
    what,
    'get edgerollouts.outrigger.dev',
    client.get<KubeObject>(RESOURCES.edgeRollouts, namespace, name),
  );
  return valid(what, parseEdgeRollout(raw));
}

async function objectsOf(
  client: EvidenceParts['client'],
  namespace: string,
  name: string,
): Promise<ModelObjects> {
  const what = `EdgeModel ${namespace}/${name}`;
  const list = (
    resource: Resource,
    where: { readonly namespace?: string; readonly labelSelector?: string },
  ) =>
    reading(
      `${resource.plural} of ${what}`,
      `list ${resource.plural}`,
      client.listAll<KubeObject>(resource, where),
    );
  const own = { namespace, labelSelector: `${LABEL.model}=${name}` };
  const [model, nodes, pods, revisions] = await Promise.all([
    reading(
      what,
      'get edgemodels.outrigger.dev',
      client.get<KubeObject>(RESOURCES.edgeModels, namespace, name),
    ),
    list(RESOURCES.nodes, {}),
    list(RESOURCES.pods, own),
    list(RESOURCES.controllerRevisions, own),
  ]);
  return {
    model: valid<EdgeModel>(what, parseEdgeModel(model)),
    nodes: nodes.map(nodeView),
    pods: pods.map(podView),
    revisions: revisions.flatMap((each) => parseRevision(each) ?? []),
  };
}

function valid<T>(what: string, parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  const [first] = parsed.errors;
  throw new UsageError(`${what} is not valid: ${first?.path ?? ''}: ${first?.message ?? ''}`);
}
