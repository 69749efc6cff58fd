import type { z } from 'zod';
import { edgeModel } from './edge-model.ts';
import { edgeRollout } from './edge-rollout.ts';

/** A column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly description?: string;
  /** Above 0: only with `-o wide`. */
  readonly priority?: number;
}

/** A kind of ours, as the API server is to know it. */
export interface CustomResource {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly columns: readonly Column[];
  readonly schema: z.ZodType;
}

const AGE: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

export const EDGE_MODEL: CustomResource = {
  kind: 'EdgeModel',
  plural: 'edgemodels',
  singular: 'edgemodel',
  shortNames: ['em'],
  description:
    'A model that runs on the edge nodes that a selector names, on each in the build that suits its hardware.',
  columns: [
    { name: 'Version', type: 'string', jsonPath: '.spec.version', description: 'What the spec asks for' },
    { name: 'Stable', type: 'string', jsonPath: '.status.version', description: 'The version promoted last' },
    { name: 'Ready', type: 'integer', jsonPath: '.status.nodes.ready', description: 'Nodes that serve' },
    {
      name: 'Offline',
      type: 'integer',
      jsonPath: '.status.nodes.offline',
      description: 'Nodes that cannot be reached',
    },
    {
      name: 'Lagging',
      type: 'integer',
      jsonPath: '.status.nodes.lagging',
      description: 'Nodes that are owed the promoted revision',
    },
    {
      name: 'Status',
      type: 'string',
      jsonPath: '.status.phase',
      description: 'What the conditions come to, in a word',
    },
    { name: 'Nodes', type: 'integer', jsonPath: '.status.nodes.eligible', priority: 1 },
    { name: 'Revision', type: 'string', jsonPath: '.status.currentRevision', priority: 1 },
    AGE,
  ],
  schema: edgeModel,
};

export const EDGE_ROLLOUT: CustomResource = {
  kind: 'EdgeRollout',
  plural: 'edgerollouts',
  singular: 'edgerollout',
  shortNames: ['er'],
  description:
    'How new revisions of an EdgeModel reach its nodes: in which waves, within which limits, judged by which metrics.',
  columns: [
    { name: 'Model', type: 'string', jsonPath: '.spec.modelRef.name' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    {
      name: 'Candidate',
      type: 'string',
      jsonPath: '.status.candidate.version',
      description: 'The version that is being tried',
    },
    { name: 'Wave', type: 'string', jsonPath: '.status.wave.name' },
    {
      name: 'Updated',
      type: 'string',
      jsonPath: '.status.updated',
      description: 'Nodes on the candidate, of all',
    },
    { name: 'Verdict', type: 'string', jsonPath: '.status.verdict', description: 'The worst of all metrics' },
    { name: 'Message', type: 'string', jsonPath: '.status.message', priority: 1 },
    AGE,
  ],
  schema: edgeRollout,
};

export const CUSTOM_RESOURCES: readonly CustomResource[] = [EDGE_MODEL, EDGE_ROLLOUT];
