import { setTimeout as sleep } from 'node:timers/promises';

/** An httpGet probe as the API server stored it, with its defaults filled in. */
export interface Probe {
  readonly httpGet?: { readonly path?: string; readonly port: number | string; readonly scheme?: string };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

export interface ProbeOptions {
  /** Where the container's port, by number or name, is reached; undefined where it has none such. */
  readonly address: (port: number | string) => string | undefined;
  /** Told each time that a threshold is reached anew. */
  readonly tell: (passes: boolean) => void;
  readonly signal: AbortSignal;
}

/** Probes as a kubelet does, until the signal. */
export async function runProbe(probe: Probe, { address, tell, signal }: ProbeOptions): Promise<void> {
  const { initialDelaySeconds = 0, periodSeconds = 10, successThreshold = 1, failureThreshold = 3 } = probe;
  let streak = 0;
  let last: boolean | undefined;
  try {
    await sleep(initialDelaySeconds * 1_000, undefined, { signal });
    for (;;) {
      const passes = await ask(probe, address, signal);
      signal.throwIfAborted();
      streak = passes === last ? streak + 1 : 1;
      last = passes;
      if (streak === (passes ? successThreshold : failureThreshold)) tell(passes);
      await sleep(periodSeconds * 1_000, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function ask(
  { httpGet, timeoutSeconds = 1 }: Probe,
  address: ProbeOptions['address'],
  signal: AbortSignal,
): Promise<boolean> {
  const origin = httpGet && address(httpGet.port);
  // Nothing listens at a port that the container does not declare; other kinds of probe are not run here.
  if (httpGet === undefined || origin === undefined || httpGet.scheme === 'HTTPS') return false;
  try {
    const timeout = AbortSignal.timeout(timeoutSeconds * 1_000);
    const { status, body } = await fetch(`${origin}${httpGet.path ?? '/'}`, {
      redirect: 'manual',
      headers: { 'user-agent': 'kube-probe/1.37', connection: 'close' },
      signal: AbortSignal.any([signal, timeout]),
    });
    await body?.cancel();
    return status >= 200 && status < 400;
  } catch {
    return false;
  }
}
