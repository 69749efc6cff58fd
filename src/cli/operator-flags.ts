import { parseArgs } from 'node:util';
import { LOG_LEVELS, type LogLevel } from '../telemetry/log.ts';
import { type ListenAddress, parseListenAddress } from '../telemetry/listen-address.ts';
import { UsageError } from './io.ts';

export const OPERATOR_USAGE = `Usage: outrigger operator [flags]

  Runs the operator until it is interrupted.

  --kubeconfig FILE        default: $KUBECONFIG, the service account of the pod, ~/.kube/config
  --context NAME           a context of the kubeconfig other than its current one
  --namespace NAME         only models of this namespace; default: of all
  --prometheus URL         where rollouts that name no Prometheus find one; default outside a cluster:
                           http://127.0.0.1:9090, in a cluster none
  --pause-image IMAGE      runs in prefetch pods; default rancher/mirrored-pause:3.6, which every K3s node has
  --leader-elect=BOOL      hold a Lease while working; default true, needed wherever two could run
  --leader-election-namespace NAME   default: $POD_NAMESPACE, or default
  --leader-election-id NAME          name of the Lease; default outrigger
  --listen ADDRESS         /healthz, /readyz and /metrics; default :8080, "" for none
  --log-level LEVEL        debug, info, warn or error; default info
  --concurrency N          models that are worked on at once; default 4
  --max-prefetching N      pulls that may be under way at once, above what rollouts allow themselves; default: no
                           bound of the operator's own
  --version
  --help

Examples:
  outrigger operator --kubeconfig ~/.kube/edge.yaml --prometheus http://prometheus.monitoring:9090
  outrigger operator --namespace vision --leader-elect=false --listen 127.0.0.1:9100 --log-level debug
`;

export interface OperatorFlags {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespace: string | undefined;
  readonly prometheus: string | undefined;
  readonly pauseImage: string;
  readonly lease: { readonly namespace: string; readonly name: string } | undefined;
  readonly listen: ListenAddress | undefined;
  /** Somebody counts on the address: a flag names it, or a cluster probes it. */
  readonly listenNeeded: boolean;
  readonly logLevel: LogLevel;
  readonly concurrency: number;
  readonly maxPrefetching: number | undefined;
}

const BOOLEAN_WITH_VALUE = /^--leader-elect=(.*)$/;

/** Errors: UsageError with what was wrong and what is possible. */
export function parseOperatorFlags(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): OperatorFlags | 'help' | 'version' {
  const { values } = parseArgs({
    // util.parseArgs knows no booleans with a value, which is how Kubernetes people write them.
    args: argv.flatMap((arg) => {
      const value = BOOLEAN_WITH_VALUE.exec(arg)?.[1];
      if (value === undefined) return [arg];
      if (value === 'true') return ['--leader-elect'];
      if (value === 'false') return ['--no-leader-elect'];
      throw new UsageError(`--leader-elect is true or false, not "${value}"`);
    }),
    allowNegative: true,
    options: {
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      namespace: { type: 'string' },
      prometheus: { type: 'string' },
      'pause-image': { type: 'string', default: 'rancher/mirrored-pause:3.6' },
      'leader-elect': { type: 'boolean', default: true },
      'leader-election-namespace': { type: 'string', default: env['POD_NAMESPACE'] ?? 'default' },
      'leader-election-id': { type: 'string', default: 'outrigger' },
      listen: { type: 'string' },
      'log-level': { type: 'string', default: 'info' },
      concurrency: { type: 'string', default: '4' },
      'max-prefetching': { type: 'string' },
      version: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return 'help';
  if (values.version === true) return 'version';
  return {
    kubeconfig: values.kubeconfig,
    context: values.context,
    namespace: values.namespace,
    prometheus: values.prometheus === undefined ? localPrometheus(env) : prometheusAddress(values.prometheus),
    pauseImage: values['pause-image'],
    lease: values['leader-elect']
      ? { namespace: values['leader-election-namespace'], name: values['leader-election-id'] }
      : undefined,
    listen: values.listen === '' ? undefined : listenAddress(values.listen ?? ':8080'),
    listenNeeded: values.listen !== undefined || env['KUBERNETES_SERVICE_HOST'] !== undefined,
    logLevel: logLevel(values['log-level']),
    concurrency: numberOf('--concurrency', values.concurrency, 64),
    maxPrefetching:
      values['max-prefetching'] === undefined
        ? undefined
        : numberOf('--max-prefetching', values['max-prefetching'], 100_000),
  };
}

/** Out of a cluster it is a trial on somebody's machine, where Prometheus listens as it does by itself; in a cluster that would be the operator's own pod. */
export function localPrometheus(env: Readonly<Record<string, string | undefined>>): string | undefined {
  return env['KUBERNETES_SERVICE_HOST'] === undefined ? 'http://127.0.0.1:9090' : undefined;
}

export function prometheusAddress(text: string): string {
  if (/^https?:\/\/[^/?#\s@]+(?:\/[^?#\s]*)?$/.test(text)) return text;
  throw new UsageError(
    `--prometheus "${text}" is no http:// or https:// address without credentials or query, such as http://prometheus.monitoring:9090`,
  );
}

function listenAddress(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (address !== undefined) return address;
  throw new UsageError(`--listen "${text}" is no address such as :8080, 127.0.0.1:8080 or [::1]:8080`);
}

function logLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((each) => each === text);
  if (level !== undefined) return level;
  throw new UsageError(`--log-level "${text}" is none of ${LOG_LEVELS.join(', ')}`);
}

function numberOf(flag: string, text: string, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= most) return number;
  throw new UsageError(`${flag} "${text}" is no number from 1 to ${most}`);
}
