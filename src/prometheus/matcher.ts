/** One label matcher that Outrigger adds to the selectors of a query. */
export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '=~';
  readonly value: string;
}

const PLAIN_LABEL = /^[A-Za-z_][A-Za-z0-9_]*$/u;

/** A label name as PromQL takes it: other names than the classic ones are quoted. */
export const labelName = (label: string): string => (PLAIN_LABEL.test(label) ? label : quote(label));

/** A PromQL string literal; JSON's escapes are a subset of Go's, but for the escaped slash, which it never writes. */
export const quote = (text: string): string => JSON.stringify(text);

export const renderMatchers = (matchers: readonly Matcher[]): string =>
  matchers.map((m) => `${labelName(m.label)}${m.operator}${quote(m.value)}`).join(',');

/** Matches any of the values literally (RE2, anchored by PromQL itself). */
export const anyOf = (label: string, values: readonly string[]): Matcher => {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return { label, operator: '=', value: only };
  const literals = values.map((value) => value.replaceAll(/[\\^$.|?*+()[\]{}]/gu, String.raw`\$&`));
  return { label, operator: '=~', value: literals.join('|') };
};

export const equalAll = (labels: Readonly<Record<string, string>>): readonly Matcher[] =>
  Object.entries(labels).map(([label, value]) => ({ label, operator: '=', value }));
