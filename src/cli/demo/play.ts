import type { EdgeModel } from '../../api/edge-model.ts';
import type { EdgeRollout } from '../../api/edge-rollout.ts';
import type { KubeObject } from '../../api/object-meta.ts';
import { SILENT } from '../../controller/ports/log.ts';
import { isApiError } from '../../kube/errors.ts';
import { RESOURCES } from '../../kube/resource.ts';
import { edgeNodes } from '../../sim/fleet/node-spec.ts';
import { startSimulatedOperator } from '../simulated-operator.ts';
import type { SimulatedOperator } from '../simulated-operator.ts';
import { awayLine, readScene } from './incident.ts';
import { quickstartRollout } from './manifests.ts';
import type { Release, Scenario } from './scenario.ts';
import { progressLine } from './timeline.ts';
import type { EventObject, Moment } from './timeline.ts';

export interface Played {
  readonly scenario: string;
  readonly model: EdgeModel;
  readonly rollout: EdgeRollout;
  readonly events: readonly EventObject[];
  readonly timeline: readonly Moment[];
}

export interface PlayOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Told each moment as it happens. */
  readonly tell: (moment: Moment) => void;
  /** Called once for each second of virtual time: waits, where people are to follow. */
  readonly pace: () => Promise<void>;
  readonly signal: AbortSignal;
}

const SECOND = 1_000;
/** Of virtual time: a story that does not end within it is a fault of the program. */
const LONGEST_SECONDS = 1_800;
/** What is decided is still carried out on the nodes for a moment. */
const AFTERMATH_SECONDS = 15;

/** Plays a scenario on a fleet in the process: the operator's own code, a virtual clock, nothing else. */
export async function play(scenario: Scenario, options: PlayOptions): Promise<Played> {
  const operated = await startSimulatedOperator({
    seed: options.seed,
    nodes: edgeNodes(options.nodes),
    scrapeInterval: 5 * SECOND,
    log: SILENT,
  });
  try {
    const story = new Story(operated, options);
    const quickstart = quickstartRollout();
    const rollout: EdgeRollout = { ...quickstart, spec: { ...quickstart.spec, ...scenario.rollout?.spec } };
    await story.apply(
      RESOURCES.edgeRollouts,
      rollout,
      scenario.rollout?.title ?? 'the rollout: three nodes of each class first, then half, then all',
    );
    for (const release of [scenario.first, ...scenario.next]) {
      await story.apply(RESOURCES.edgeModels, release.model, release.title);
      await story.until(release);
    }
    return { scenario: scenario.name, ...(await story.objects()), timeline: story.timeline };
  } finally {
    await operated.stop();
  }
}

class Story {
  readonly timeline: Moment[] = [];
  readonly #operated: SimulatedOperator;
  readonly #options: PlayOptions;
  readonly #start: number;
  readonly #seen = new Set<string>();
  /** How many incidents of the release are over, and when the last of them was. */
  #struck = 0;
  #struckAt = 0;
  #progress = '';
  #away = '';

  constructor(operated: SimulatedOperator, options: PlayOptions) {
    this.#operated = operated;
    this.#options = options;
    this.#start = operated.simulation.clock.now();
  }

  async apply(resource: typeof RESOURCES.edgeModels, object: KubeObject, title: string): Promise<void> {
    const { client } = this.#operated.simulation;
    await client.apply(resource, object.metadata.namespace, object.metadata.name, object, { force: true });
    this.#tell('Applied', 'Applied', title);
  }

  /** Runs the clock until the release has come to its end, and a little further. */
  async until(release: Release): Promise<void> {
    this.#struck = 0;
    this.#struckAt = this.#now();
    for (let second = 0; second < LONGEST_SECONDS; second += 1) {
      this.#options.signal.throwIfAborted();
      await this.#second();
      const { model, rollout } = await this.objects();
      await this.#strike(release, rollout);
      const current = model.status?.observedGeneration === model.metadata.generation;
      const said = [rollout.status?.phase, model.status?.phase];
      const judged =
        rollout.status?.phase !== 'Holding' ||
        (rollout.status.verdict !== undefined && rollout.status.candidate !== undefined) ||
        model.status?.phase === 'NoVariantFits';
      const over = this.#struck === (release.incidents ?? []).length;
      if (
        over &&
        current &&
        judged &&
        said.some((each) => each !== undefined && release.until.includes(each))
      ) {
        for (let more = 0; more < (release.aftermath ?? AFTERMATH_SECONDS); more += 1) await this.#second();
        return;
      }
    }
    throw new Error(
      `${release.title}: nothing of ${release.until.join(', ')} came within ${LONGEST_SECONDS} s of the simulated time`,
    );
  }

  async objects(): Promise<Pick<Played, 'model' | 'rollout' | 'events'>> {
    const { client } = this.#operated.simulation;
    const { metadata } = quickstartRollout();
    const [model, rollout, events] = await Promise.all([
      client.get<EdgeModel>(RESOURCES.edgeModels, metadata.namespace, metadata.name).catch(absent),
      client.get<EdgeRollout>(RESOURCES.edgeRollouts, metadata.namespace, metadata.name),
      client.listAll<EventObject & KubeObject>(RESOURCES.events, {
        namespace: metadata.namespace ?? 'default',
      }),
    ]);
    if (model === undefined) throw new Error('the model of the scenario is gone');
    return { model, rollout, events };
  }

  /** The next incident of the release, where its time has come. */
  async #strike({ incidents = [] }: Release, rollout: EdgeRollout): Promise<void> {
    const incident = incidents[this.#struck];
    if (incident === undefined) return;
    const { client, fleet } = this.#operated.simulation;
    const scene = await readScene(client, rollout, rollout.spec.modelRef.name);
    if (!incident.when(scene, (this.#now() - this.#struckAt) / SECOND)) return;
    const names = incident.which(scene);
    for (const name of names) {
      if (incident.kind === 'CutOff') fleet.node(name).cutOff();
      else fleet.node(name).reconnect();
    }
    this.#struck += 1;
    this.#struckAt = this.#now();
    this.#tell('Incident', incident.kind, incident.title(names));
  }

  #now(): number {
    return this.#operated.simulation.clock.now();
  }

  async #second(): Promise<void> {
    await this.#operated.simulation.clock.advance(SECOND);
    const { model, rollout, events } = await this.objects();
    // By age: the API server lists them by name.
    for (const event of events.toSorted(
      (a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion),
    )) {
      const key = `${event.metadata.name}`;
      // The same is told of the model and of the rollout; once is enough for a reader.
      const told = `${event.reason}/${event.message}`;
      if (this.#seen.has(key) || this.#seen.has(told)) continue;
      this.#seen.add(key).add(told);
      this.#tell('Event', event.reason ?? '', event.message ?? '');
    }
    const progress = progressLine(model, rollout);
    if (progress !== this.#progress && (rollout.status?.cohorts ?? []).length > 0) {
      this.#progress = progress;
      this.#tell('Progress', rollout.status?.phase ?? '', progress);
    }
    const { client } = this.#operated.simulation;
    const away = awayLine(await readScene(client, rollout, model.metadata.name), model.spec.version);
    if (away !== this.#away) {
      this.#away = away;
      this.#tell('Away', away === '' ? 'None' : 'Nodes', away === '' ? 'none away' : away);
    }
    await this.#options.pace();
  }

  #tell(kind: Moment['kind'], reason: string, message: string): void {
    const now = this.#now();
    const moment = {
      at: new Date(now).toISOString(),
      seconds: (now - this.#start) / SECOND,
      kind,
      reason,
      message,
    };
    this.timeline.push(moment);
    this.#options.tell(moment);
  }
}

function absent(error: unknown): undefined {
  if (isApiError(error, 'notFound')) return undefined;
  throw error;
}
