import type { EdgeModel } from '../../api/edge-model.ts';
import type { Variant } from '../../api/variant.ts';
import { quickstartModel } from './manifests.ts';

export const SCENARIO_NAMES = [
  'healthy',
  'bad-canary',
  'one-class-bad',
  'no-data',
  'crash-loop',
  'no-fit',
] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** A version that people apply, and how they would put what it is. */
export interface Release {
  readonly title: string;
  readonly model: EdgeModel;
  /** Phases of the rollout, or reasons of the model, at which the story is told. */
  readonly until: readonly string[];
}

export interface Scenario {
  readonly name: ScenarioName | 'main-job';
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
