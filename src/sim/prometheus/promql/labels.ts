export type Labels = Readonly<Record<string, string>>;

export const NAME = '__name__';

/** A text that is the same for the same labels, whatever their order. */
export function signature(labels: Labels): string {
  return Object.keys(labels)
    .toSorted()
    .map((name) => `${name}\u0001${labels[name]}`)
    .join('\u0002');
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
