import { GROUP, VERSION } from './names.ts';
import type { CustomResource } from './resource.ts';
import { structuralSchema } from './structural.ts';

/** A CustomResourceDefinition, as far as we set it. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

export function customResourceDefinition(resource: CustomResource): CustomResourceDefinition {
  const { kind, plural, singular, shortNames } = resource;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories: ['outrigger'] },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: resource.columns,
          schema: { openAPIV3Schema: rootSchema(resource) },
        },
      ],
    },
  };
}

/** The root of an object: what the API server itself knows of it is only named, but for the name, which we bound. */
function rootSchema(resource: CustomResource): Readonly<Record<string, unknown>> {
  const { properties, required } = structuralSchema(resource.schema);
  const { spec, status, metadata } = properties as Readonly<
    Record<string, Readonly<Record<string, unknown>>>
  >;
  const { name } = (metadata?.['properties'] ?? {}) as Readonly<Record<string, unknown>>;
  return {
    description: resource.description,
    type: 'object',
    required: (required as readonly string[]).filter((field) => field === 'spec'),
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object', properties: { name } },
      spec,
      status,
    },
  };
}
