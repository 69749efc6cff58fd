import type { EdgeModel } from '../../api/edge-model.ts';
import type { EdgeRollout } from '../../api/edge-rollout.ts';
import type { Variant } from '../../api/variant.ts';
import { after, type Incident, measured, mixedSite, nameOf, promoted, some } from './incident.ts';
import { quickstartModel, quickstartRollout } from './manifests.ts';

export const SCENARIO_NAMES = [
  'healthy',
  'bad-canary',
  'one-class-bad',
  'no-data',
  'crash-loop',
  'no-fit',
  'offline',
  'site-dark',
] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** A version that people apply, and how they would put what it is. */
export interface Release {
  readonly title: string;
  readonly model: EdgeModel;
  /** Phases of the rollout, or reasons of the model, at which the story is told. */
  readonly until: readonly string[];
  /** One after the other; the story is told when all of them are over. */
  readonly incidents?: readonly Incident[];
  /** Seconds for which the story goes on behind its end; 15. */
  readonly aftermath?: number;
}

export interface Scenario {
  readonly name: ScenarioName | 'main-job';
  /** What it changes in the rollout of the quick start, and why. */
  readonly rollout?: { readonly title: string; readonly spec: Partial<EdgeRollout['spec']> };
  readonly first: Release;
  readonly next: readonly Release[];
}

const SIM = 'sim.outrigger.dev';
const STABLE: Release = {
  title: 'version 2.4.0 is the first one: it goes everywhere',
  model: quickstartModel('01-model.yaml'),
  until: ['Promoted'],
};
const HEALTHY: Release = {
  title: 'version 2.4.1, which is fine',
  model: quickstartModel('03-healthy.yaml'),
  until: ['Promoted'],
};
const BAD: Release = {
  title: 'version 2.5.0, which answers one request in five with an error',
  model: quickstartModel('04-bad.yaml'),
  until: ['RolledBack'],
};

/** What `npm run demo` tells: a good version promoted, a bad one rolled back. */
export const MAIN_JOB: Scenario = { name: 'main-job', first: STABLE, next: [HEALTHY, BAD] };

export function scenario(name: ScenarioName): Scenario {
  switch (name) {
    case 'healthy':
      return { name, first: STABLE, next: [HEALTHY] };
    case 'bad-canary':
      return { name, first: STABLE, next: [BAD] };
    case 'one-class-bad': {
      const model = withVariants(version('2.5.1'), (variant) =>
        variant.name === 'hailo'
          ? { ...variant, patch: { metadata: { annotations: { [`${SIM}/error-rate`]: '30%' } } } }
          : variant,
      );
      return {
        name,
        first: STABLE,
        next: [
          {
            title: 'version 2.5.1, whose build for the Hailo accelerator alone is broken',
            model,
            until: ['RolledBack'],
          },
        ],
      };
    }
    case 'no-data': {
      const model = annotated(version('2.5.2'), { [`${SIM}/no-metrics`]: 'true' });
      return {
        name,
        first: STABLE,
        next: [{ title: 'version 2.5.2, which serves but exports no metrics', model, until: ['Holding'] }],
      };
    }
    case 'crash-loop': {
      const model = annotated(version('2.5.3'), { [`${SIM}/crash-after`]: '3s' });
      return {
        name,
        first: STABLE,
        next: [
          {
            title: 'version 2.5.3, which crashes three seconds after each start',
            model,
            until: ['RolledBack'],
          },
        ],
      };
    }
    case 'offline':
      return offline();
    case 'site-dark':
      return siteDark();
    case 'no-fit': {
      const model = withVariants(version('2.4.0'), (variant) => ({
        ...variant,
        hardware: {
          ...variant.hardware,
          matchExpressions: [{ key: 'nvidia.com/gpu.product', operator: 'In', values: ['Thor'] }],
        },
      }));
      return {
        name,
        first: {
          title: 'version 2.4.0, built for hardware that no node has',
          model,
          until: ['NoVariantFits'],
        },
        next: [],
      };
    }
  }
}

/** 30 % are away from the start; then one node goes dark before its update and one after it. */
function offline(): Scenario {
  const { waves = [], limits } = quickstartRollout().spec;
  const version = HEALTHY.model.spec.version;
  return {
    name: 'offline',
    rollout: {
      title:
        'the rollout: three nodes of each class first, then half, then all; 60 % of a class must be reached at some time',
      spec: { waves, limits: { ...limits, minReachable: '60%' } },
    },
    first: {
      ...STABLE,
      incidents: [
        {
          kind: 'CutOff',
          when: promoted,
          which: ({ nodes }) => nodes.filter((_, index) => index % 10 < 3).map(nameOf),
          title: (names) => `${names.length} nodes lose their network before the update: ${some(names)}`,
        },
      ],
      // Until the node controller has noticed.
      aftermath: 75,
    },
    next: [
      {
        ...HEALTHY,
        incidents: [
          {
            kind: 'CutOff',
            when: measured('canary'),
            which: oneWith(STABLE.model.spec.version),
            title: ([name]) =>
              `${name} loses its network before its update: it serves ${STABLE.model.spec.version} on and leaves the denominator`,
          },
          {
            kind: 'CutOff',
            when: after(1),
            which: oneWith(version),
            title: ([name]) =>
              `${name} loses its network after its update: it may be the version that brought it down, so it is a suspect`,
          },
          {
            kind: 'Reconnected',
            when: after(90),
            which: ({ nodes }) => nodes.filter((node) => !node.ready && node.version === version).map(nameOf),
            title: (names) => `${some(names)} has its network again, and is no suspect any more`,
          },
          {
            kind: 'Reconnected',
            when: promoted,
            which: ({ nodes }) => nodes.filter(({ ready }) => !ready).map(nameOf),
            title: (names) =>
              `all ${names.length} that are away have their network again: they are steady for a moment, fetch, switch`,
          },
        ],
        aftermath: 90,
      },
    ],
  };
}

/** All nodes of a site at once, with the candidate and without: a cable, not a version. */
function siteDark(): Scenario {
  const { waves = [], limits } = quickstartRollout().spec;
  return {
    name: 'site-dark',
    rollout: {
      title:
        'the rollout: three nodes of each class first, then half, measured for two minutes, then all; 90 % of a wave must be reachable',
      spec: {
        waves: waves.map((wave) => (wave.name === 'half' ? { ...wave, soak: '2m' } : wave)),
        // A class that is held for longer than progressDeadline is set aside, which is a story of its own.
        limits: { ...limits, minReachable: '90%', progressDeadline: '10m' },
      },
    },
    first: STABLE,
    next: [
      {
        ...HEALTHY,
        incidents: [
          {
            kind: 'CutOff',
            when: measured('half'),
            which: (scene) => mixedSite(scene, HEALTHY.model.spec.version),
            title: (names) =>
              `a site goes dark, ${names.length} nodes, some with the update and some without it: ${some(names)}`,
          },
          {
            kind: 'Reconnected',
            when: after(240),
            which: ({ nodes }) => nodes.filter(({ ready }) => !ready).map(nameOf),
            title: (names) => `the site is back, all ${names.length} nodes`,
          },
        ],
        aftermath: 60,
      },
    ],
  };
}

/** The first node that is there and serves the version. */
function oneWith(version: string): Incident['which'] {
  return ({ nodes }) =>
    nodes
      .filter((node) => node.ready && node.version === version)
      .slice(0, 1)
      .map(nameOf);
}

/** The healthy model under another version: a revision of its own. */
function version(name: string): EdgeModel {
  const model = quickstartModel('01-model.yaml');
  return { ...model, spec: { ...model.spec, version: name } };
}

function annotated(model: EdgeModel, annotations: Readonly<Record<string, string>>): EdgeModel {
  const { template } = model.spec;
  return {
    ...model,
    spec: { ...model.spec, template: { ...template, metadata: { ...template.metadata, annotations } } },
  };
}

function withVariants(model: EdgeModel, change: (variant: Variant) => Variant): EdgeModel {
  return { ...model, spec: { ...model.spec, variants: model.spec.variants.map(change) } };
}
