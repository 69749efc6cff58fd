export type Labels = Readonly<Record<string, string>>;

export const NAME = '__name__';

/** A query over many steps meets the same labels at each of them. */
const SIGNATURES = new WeakMap<Labels, string>();

/** A text that is the same for the same labels, whatever their order. Labels are not to change afterwards. */
export function signature(labels: Labels): string {
  const known = SIGNATURES.get(labels);
  if (known !== undefined) return known;
  const text = Object.keys(labels)
    .toSorted()
    .map((name) => `${name}\u0001${labels[name]}`)
    .join('\u0002');
  SIGNATURES.set(labels, text);
  return text;
}

export function keep(labels: Labels, names: readonly string[]): Labels {
  const kept: Record<string, string> = {};
  for (const name of names) {
    const value = labels[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

export function drop(labels: Labels, names: readonly string[]): Labels {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) if (!names.includes(name)) kept[name] = value;
  return kept;
}

export function withoutName(labels: Labels): Labels {
  return labels[NAME] === undefined ? labels : drop(labels, [NAME]);
}
