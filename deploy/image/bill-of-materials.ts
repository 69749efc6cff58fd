import type { BundledPackage } from './packages.ts';

export interface Product {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/**
 * What is in the bundle as CycloneDX 1.6, JSON: scanners know packages by their folders, of which one file has none.
 * Without a time and a serial number, so that the same sources give the same bytes.
 */
export function billOfMaterials(product: Product, packages: readonly BundledPackage[]): string {
  const bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: component('application', product) },
    components: packages.map((each) => component('library', each)),
    dependencies: [
      { ref: purl(product), dependsOn: packages.map(purl) },
      ...packages.map((each) => ({ ref: purl(each) })),
    ],
  };
  return `${JSON.stringify(bom, undefined, 2)}\n`;
}

function component(type: 'application' | 'library', of: Product): object {
  return {
    type,
    'bom-ref': purl(of),
    name: of.name,
    version: of.version,
    licenses: [{ license: { id: of.license } }],
    purl: purl(of),
  };
}

/** A package URL; the @ of a scope is written as %40 there. */
function purl({ name, version }: Product): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}
