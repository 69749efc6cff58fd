import type { FieldPath } from './field-path.ts';
import type { Ownership } from './ownership.ts';
import type { Stored } from './stored.ts';

/** `metadata.managedFields` as a GET shows them; lists and watches of this server leave them out, as nobody reads them there. */
export function withManagedFields({ object, owners, json }: Stored): string {
  if (owners.length === 0) return json;
  return JSON.stringify({ ...object, metadata: { ...object.metadata, managedFields: owners.map(entry) } });
}

function entry({ manager, operation, subresource, apiVersion, time, fields }: Ownership): object {
  return {
    manager,
    operation,
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: fieldsV1(fields),
    ...(subresource !== undefined && { subresource }),
  };
}

interface Tree {
  [element: string]: Tree;
}

function fieldsV1(fields: ReadonlySet<FieldPath>): Tree {
  const root: Tree = {};
  for (const path of fields) {
    let at = root;
    for (const element of path.elements()) at = at[element] ??= {};
  }
  return root;
}
