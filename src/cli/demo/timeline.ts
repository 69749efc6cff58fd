import type { EdgeModel } from '../../api/edge-model.ts';
import type { EdgeRollout } from '../../api/edge-rollout.ts';
import type { ObjectMeta } from '../../api/object-meta.ts';

/** One line of what happened, `seconds` after the start. */
export interface Moment {
  readonly at: string;
  readonly seconds: number;
  /** `Incident`: something happened to the fleet; `Away`: which nodes cannot be reached, and since when on their way. */
  readonly kind: 'Applied' | 'Event' | 'Progress' | 'Incident' | 'Away';
  readonly reason: string;
  readonly message: string;
}

export interface EventObject {
  readonly metadata: ObjectMeta;
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
  readonly reason?: string;
  readonly type?: string;
  readonly message?: string;
}

/** How far each hardware class has come, as a bar. */
export function progressLine(model: EdgeModel, rollout: EdgeRollout | undefined): string {
  const cohorts = rollout?.status?.cohorts ?? [];
  const version = rollout?.status?.candidate?.version ?? model.spec.version;
  const bars = cohorts.map(
    ({ name, nodes, updated, ready, offline }) =>
      `${name} ${bar(updated, ready, nodes, offline)} ${updated}/${nodes}`,
  );
  return `${version.padEnd(6)} ${bars.join('   ')}`;
}

/** Filled: runs the version; shaded: serves another one; empty: serves nothing now; hollow: away. */
function bar(updated: number, ready: number, nodes: number, offline: number): string {
  return (
    '█'.repeat(updated) +
    '▒'.repeat(Math.max(0, ready - updated)) +
    '·'.repeat(Math.max(0, nodes - Math.max(ready, updated) - offline)) +
    '○'.repeat(offline)
  );
}

export function momentLine({ seconds, kind, reason, message }: Moment): string {
  const time = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`.padStart(6);
  if (kind === 'Applied') return `\n${time}  kubectl apply: ${message}`;
  if (kind === 'Incident') return `\n${time}  ${message}`;
  if (kind === 'Away') return `${time}    ${message}`;
  if (kind === 'Progress') return `${time}    ${message}`;
  return `${time}  ${reason}: ${message}`;
}
