import type { BundledPackage } from './packages.ts';

const LINE = '='.repeat(80);

/** The licences of what is in the bundle, as its distribution asks for. */
export function thirdPartyLicenses(packages: readonly BundledPackage[]): string {
  const head = `outrigger.mjs contains code of these ${packages.length} packages.\n`;
  const sections = packages.map(
    ({ name, version, license, texts }) =>
      `${LINE}\n${name} ${version}\n${license}\n${LINE}\n\n${texts.map((text) => text.trim()).join('\n\n')}\n`,
  );
  return [head, ...sections].join('\n');
}
