/**
 * Orders two resourceVersions of one resource: negative where `a` is older. From v1.35 on Kubernetes promises
 * that they are decimal numbers that can be compared (KEP-5504); etcd's and K3s's kine have always given such
 * numbers. Undefined where one is something else, and then nothing may be concluded.
 */
export function compareResourceVersions(a: string | undefined, b: string | undefined): number | undefined {
  if (a === undefined || b === undefined || !DECIMAL.test(a) || !DECIMAL.test(b)) return undefined;
  // Without leading zeros the longer one is larger; past 2^53 a number would lose digits.
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const DECIMAL = /^(0|[1-9]\d*)$/;
