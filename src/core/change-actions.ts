import type { EdgeModel } from '../api/edge-model.ts';
import type { Action } from './decision.ts';
import type { Observed } from './observed.ts';
import { controllerRevision, revisionName } from './revision/controller-revision.ts';
import { memoryConfigMap, memoryName } from './rollout/memory-config-map.ts';
import { annotationsOf } from './world.ts';
import type { Change, World } from './world.ts';

/** The writes that make the changes of a decision last, in their order, each object once and in its final state. */
export function changeActions(
  observed: Observed,
  model: EdgeModel,
  world: World,
  changes: readonly Change[],
): Action[] {
  const actions: Action[] = [];
  const done = new Set<string>();
  const once = (key: string, make: () => Action | undefined) => {
    if (done.has(key)) return;
    done.add(key);
    const action = make();
    if (action !== undefined) actions.push(action);
  };
  for (const change of changes) {
    switch (change.kind) {
      case 'Create': {
        const { hash, content, ordinal, first } = change.revision;
        once(`revision/${hash}`, () => ({
          kind: 'CreateRevision',
          object: controllerRevision(model, hash, content, ordinal, first),
        }));
        break;
      }
      case 'Promote':
      case 'Reject':
        once(`mark/${change.hash}`, () => {
          const revision = world.revisions.find(({ hash }) => hash === change.hash);
          return (
            revision && {
              kind: 'MarkRevision',
              name: revision.name,
              resourceVersion: revision.resourceVersion,
              annotations: annotationsOf(revision),
            }
          );
        });
        break;
      case 'Remember': {
        const { revision: hash, attempt } = change.memory;
        const name = memoryName(model.metadata.name, hash, attempt);
        // Written once, with what the last change left in it: earlier it would tell of marks that are not yet made.
        const last = changes.findLast((each) => each.kind === 'Remember' && isSameAttempt(each, change));
        if (last !== change) break;
        once(`memory/${name}`, () => {
          const memory =
            world.memories.find((each) => each.revision === hash && each.attempt === attempt) ??
            change.memory;
          const stored = observed.memories.find((each) => each.name === name);
          const revision = world.revisions.find((each) => each.hash === hash) ?? {
            name: revisionName(model.metadata.name, hash),
            uid: '',
          };
          const object = memoryConfigMap(
            model.metadata.name,
            observed.namespace,
            revision,
            memory,
            stored?.resourceVersion,
          );
          return { kind: 'WriteMemory', name, resourceVersion: stored?.resourceVersion, object, memory };
        });
        break;
      }
    }
  }
  return actions;
}

function isSameAttempt(
  a: Extract<Change, { kind: 'Remember' }>,
  b: Extract<Change, { kind: 'Remember' }>,
): boolean {
  return a.memory.revision === b.memory.revision && a.memory.attempt === b.memory.attempt;
}
