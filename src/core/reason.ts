/**
 * Why something holds, is skipped, refused or gone back on. Codes are part of the API: people alert on them.
 * The sentence beside the code carries the numbers.
 */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

export function reason(code: string, message: string): Reason {
  return { code, message };
}

/** At most `limit` names, so that a sentence stays readable and a status bounded. */
export function listSome(names: readonly string[], limit = 5): string {
  const shown = names.slice(0, limit).join(', ');
  return names.length > limit ? `${shown} and ${names.length - limit} more` : shown;
}
