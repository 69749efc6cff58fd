import { DECISION } from '../../api/names.ts';

/**
 * People's decisions, as annotations that name the revision and the attempt (and the wave) that they are
 * about: one that is stale or repeated names something else and can do nothing.
 */
export interface PersonDecisions {
  approves(revision: string, attempt: number, wave: string): boolean;
  promotes(revision: string, attempt: number, wave: string): boolean;
  aborts(revision: string, attempt: number): boolean;
  retries(revision: string, attempt: number): boolean;
}

/** Hashes of the revisions that the annotations are about. */
export function revisionsDecidedOn(
  annotations: Readonly<Record<string, string>> | undefined,
): readonly string[] {
  return Object.values(DECISION).flatMap((key) => annotations?.[key]?.trim().split('.')[0] ?? []);
}

export function personDecisions(annotations: Readonly<Record<string, string>> | undefined): PersonDecisions {
  const says = (key: string, value: string) => annotations?.[key]?.trim() === value;
  return {
    approves: (revision, attempt, wave) => says(DECISION.approve, `${revision}.${attempt}/${wave}`),
    promotes: (revision, attempt, wave) => says(DECISION.promote, `${revision}.${attempt}/${wave}`),
    aborts: (revision, attempt) => says(DECISION.abort, `${revision}.${attempt}`),
    retries: (revision, attempt) => says(DECISION.retry, `${revision}.${attempt}`),
  };
}
