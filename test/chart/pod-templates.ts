import type { EdgeModelSpec } from '../../src/api/edge-model.ts';
import { model, type ModelManifest } from '../operator/manifests.ts';

interface Template {
  /** Of the pod. */
  readonly pod?: object;
  /** Of the container that serves. */
  readonly container?: object;
}

/** What the standard `restricted` asks of a template; Outrigger adds none of it, because it changes how a model runs. */
const RESTRICTED_POD = {
  securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
};
const RESTRICTED_CONTAINER = {
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
};

export interface Trespass {
  readonly name: string;
  readonly template: Template;
  /** What the API server says, by the standard that the namespace enforces; absent where that takes it. */
  readonly says: { readonly restricted: string; readonly baseline?: string };
}

export const TRESPASSES: readonly Trespass[] = [
  {
    name: 'no-context',
    template: { pod: { securityContext: undefined }, container: { securityContext: undefined } },
    says: {
      restricted:
        'allowPrivilegeEscalation != false (container "model" must set securityContext.allowPrivilegeEscalation=false), ' +
        'unrestricted capabilities (container "model" must set securityContext.capabilities.drop=["ALL"]), ' +
        'runAsNonRoot != true (pod or container "model" must set securityContext.runAsNonRoot=true), ' +
        'seccompProfile (pod or container "model" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    },
  },
  {
    name: 'host-network',
    template: { pod: { hostNetwork: true } },
    says: {
      restricted: 'host namespaces (hostNetwork=true)',
      baseline: 'host namespaces (hostNetwork=true)',
    },
  },
  {
    name: 'privileged',
    template: { container: { securityContext: { privileged: true } } },
    says: {
      restricted: 'privileged (container "model" must not set securityContext.privileged=true)',
      baseline: 'privileged (container "model" must not set securityContext.privileged=true)',
    },
  },
  {
    name: 'host-path',
    template: { pod: { volumes: [{ name: 'models', hostPath: { path: '/var/models' } }] } },
    says: {
      restricted: 'restricted volume types (volume "models" uses restricted volume type "hostPath")',
      baseline: 'hostPath volumes (volume "models")',
    },
  },
];

/** A model as small as can be that rolls without an EdgeRollout; its template is what `restricted` takes, but for `template`. */
export function securedModel(
  name: string,
  version: string,
  template: Template = {},
  spec: Partial<EdgeModelSpec> = {},
): ModelManifest {
  const plain = model({ name, version });
  const { containers, ...pod } = plain.spec.template.spec;
  return {
    ...plain,
    spec: {
      ...plain.spec,
      updatePolicy: 'Rolling',
      variants: [
        { name: 'cpu', artifact: { mountPath: '/models', image: `registry.example/defect:${version}` } },
      ],
      ...spec,
      template: {
        spec: {
          ...pod,
          ...RESTRICTED_POD,
          ...template.pod,
          containers: containers.map((container) => ({
            ...container,
            ...RESTRICTED_CONTAINER,
            ...template.container,
          })),
        },
      },
    },
  };
}
