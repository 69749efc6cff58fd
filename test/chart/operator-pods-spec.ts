import type { KubeObject } from '../../src/api/object-meta.ts';
import type { ContainerSpec, Pod, PodSpec, VolumeSpec } from '../../src/sim/fleet/pod.ts';
import type { Probe } from './operator-pods-probe.ts';

/** A pod of the control plane's own side, with the parts that a process is made of. */
export interface ServerPod extends Omit<Pod, 'spec'> {
  readonly spec: Omit<PodSpec, 'containers' | 'volumes'> & {
    readonly serviceAccountName?: string;
    readonly containers: readonly ServerContainer[];
    readonly volumes?: readonly ServerVolume[];
  };
}

export interface ServerContainer extends ContainerSpec {
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
}

interface ServerVolume extends VolumeSpec {
  readonly projected?: {
    readonly sources: readonly {
      readonly serviceAccountToken?: { readonly audience?: string; readonly expirationSeconds?: number };
      readonly configMap?: { readonly name: string };
    }[];
  };
}

interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
}

/**
 * The container's environment with the downward API's fields.
 *
 * Errors: throws for a source that is none of the few that this agent knows.
 */
export function environmentOf(pod: ServerPod, container: ServerContainer): Readonly<Record<string, string>> {
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': pod.spec.nodeName,
    'spec.serviceAccountName': pod.spec.serviceAccountName,
  };
  const env: Record<string, string> = {};
  for (const { name, value = '', valueFrom } of container.env ?? []) {
    const found = valueFrom === undefined ? expand(value, env) : fields[valueFrom.fieldRef?.fieldPath ?? ''];
    if (found === undefined) throw new Error(`the variable ${name} has a source that is not known here`);
    env[name] = found;
  }
  return env;
}

export function argsOf(
  { args = [] }: ServerContainer,
  env: Readonly<Record<string, string>>,
): readonly string[] {
  return args.map((arg) => expand(arg, env));
}

/** `$(NAME)` becomes the variable's value and stays where there is none; `$$` is one `$`. */
function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([A-Za-z_][\w.-]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (env[name] ?? whole),
  );
}

/** The agent's own kind of pod, told to those that know fewer fields. */
export function asPod(pod: ServerPod): Pod & KubeObject {
  return pod as unknown as Pod;
}
