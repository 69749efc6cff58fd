import { load } from 'js-yaml';
import type { EdgeModel } from '../../api/edge-model.ts';
import type { EdgeRollout } from '../../api/edge-rollout.ts';
import { parseEdgeModel, parseEdgeRollout } from '../../api/parse.ts';
import { quickstartFile } from './quickstart-file.ts';

/** The files of the quick start: the demo shows what a person gets who applies them, not something prettier. */
export function quickstartModel(file: '01-model.yaml' | '03-healthy.yaml' | '04-bad.yaml'): EdgeModel {
  return valid(file, parseEdgeModel(read(file)));
}

export function quickstartRollout(): EdgeRollout {
  return valid('02-rollout.yaml', parseEdgeRollout(read('02-rollout.yaml')));
}

function read(file: string): unknown {
  return load(quickstartFile(file));
}

function valid<T>(
  file: string,
  parsed:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly errors: readonly { readonly path: string; readonly message: string }[] },
): T {
  if (parsed.ok) return parsed.value;
  const errors = parsed.errors.map(({ path, message }) => `${path}: ${message}`);
  throw new Error(`examples/quickstart/${file} is not valid: ${errors.join('; ')}`);
}
