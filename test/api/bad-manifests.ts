import { BAD_ANALYSES } from './bad-analyses.ts';
import { BAD_MODELS } from './bad-models.ts';
import { BAD_ROLLOUTS } from './bad-rollouts.ts';
import { BAD_VARIANTS } from './bad-variants.ts';
import type { JsonObject } from './manifests.ts';

/** A manifest that nobody should get past `kubectl apply`, and what is said about it. */
export interface BadManifest {
  readonly name: string;
  readonly manifest: JsonObject;
  /** The field that is blamed. */
  readonly path: string;
  /** A part of the sentence. */
  readonly sentence: string;
  /** The same field as Outrigger writes it, where the API server puts the key of a map in brackets. */
  readonly ownPath?: string;
  /** A part of what Outrigger says without an API server, where its words are other (and better) ones. */
  readonly ownSentence?: string;
}

export const BAD_MANIFESTS: readonly BadManifest[] = [
  ...BAD_MODELS,
  ...BAD_VARIANTS,
  ...BAD_ROLLOUTS,
  ...BAD_ANALYSES,
];
