/** What a probe says: whether all is well, and where not, one sentence for each matter. */
export interface Probe {
  readonly ok: boolean;
  readonly reasons: readonly string[];
}

/** `2026-01-01T00:00:00Z (125 s)`. */
export function since(at: number, now: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z (${Math.round((now - at) / 1000)} s)`;
}

/** The body of the answer: `ok`, or the reasons, a line each. */
export function probeText({ ok, reasons }: Probe): string {
  return ok ? 'ok\n' : `${reasons.join('\n')}\n`;
}
