import { array, constantFrom, nat, tuple, type Arbitrary } from 'fast-check';

import { WRITTEN_MANIFESTS } from './good-manifests.ts';

type Path = readonly (string | number)[];

/** Values at the borders of the syntaxes, of every type. */
const VALUES: readonly unknown[] = [
  ['', 'a', 'A', 'all', 'model', 'preset', 'a.b', 'a_b', '-a', 'x'.repeat(64), 'x'.repeat(600)],
  ['0%', '1%', '09%', '10%', '100%', '101%', '0.2%', '10.5%', '%', '5', '0', '0.5', '-1', '1e3'],
  ['0s', '1s', '90s', '1h30m', '30m1h', '1d', '1.5h', '99999h', '60'],
  ['1Gi', '0Gi', '.5Gi', '1.2.3', '1Kii', '1e3', '2 Gi', '0.5', '5.', '1e3', '2GB', '100m', '-1Gi', 'Gi'],
  [
    'http://p:9090',
    'https://p/x y',
    'https://u:p@p',
    's3://b/k',
    's3://b',
    '/models',
    '/',
    '//',
    'm/',
    'a:b',
  ],
  ['Auto', 'Required', 'ClusterIP', 'NodePort', 'In', 'Exists', 'Gt', 'restarts', 'triton'],
  [0, 1, -1, 3, 16, 80, 65_535, 65_536, 1_000_000_000_000, 0.5, true, false],
  [[], {}, ['a'], ['a', 'a'], { a: 'b' }, { 'a b': 'c' }, { A: 1 }, [{ name: 'a' }], [{}], [1]],
].flat();

const step = tuple(nat(), constantFrom('set', 'remove', 'double', 'reverse'), constantFrom(...VALUES));

/** A good manifest with up to three of its fields replaced, removed, doubled or turned round: sometimes still good. */
export const mutatedManifest: Arbitrary<unknown> = tuple(
  constantFrom(...WRITTEN_MANIFESTS.map(({ manifest }) => manifest)),
  array(step, { minLength: 1, maxLength: 3 }),
).map(([manifest, steps]) => steps.reduce<unknown>((whole, one) => mutate(whole, ...one), manifest));

function mutate(whole: unknown, place: number, how: string, value: unknown): unknown {
  const paths = pathsOf(whole, []);
  const path = paths[place % paths.length];
  if (path === undefined) return whole;
  return edit(whole, path, (old) => {
    if (how === 'set') return value;
    if (how === 'remove') return undefined;
    if (!Array.isArray(old)) return value;
    return how === 'double' ? [...old, ...old] : old.toReversed();
  });
}

/** Every place below spec, and the name; not the rest of metadata, which is the API server's own. */
function pathsOf(value: unknown, path: Path): Path[] {
  const own = path[0] === 'spec' && path.length > 1 ? [path] : [];
  if (typeof value !== 'object' || value === null) return path.join('.') === 'metadata.name' ? [path] : own;
  return [
    ...own,
    ...Object.entries(value).flatMap(([key, child]) =>
      pathsOf(child, [...path, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

function edit(whole: unknown, path: Path, change: (old: unknown) => unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return change(whole);
  if (Array.isArray(whole)) {
    return whole.flatMap((item, index) => {
      const next = index === key ? edit(item, rest, change) : item;
      return next === undefined ? [] : [next];
    });
  }
  if (typeof whole !== 'object' || whole === null) return whole;
  return Object.fromEntries(
    Object.entries(whole).flatMap(([name, child]) => {
      const next = name === key ? edit(child, rest, change) : child;
      return next === undefined ? [] : [[name, next]];
    }),
  );
}
