/**
 * The series of a gauge on one page, as lines of text. prom-client hashes, keeps and escapes the labels of
 * each series on its own, which for the twenty thousand series of a thousand models takes most of a second.
 */
export class GaugeFamily {
  readonly name: string;
  readonly type = 'gauge';
  readonly labels: readonly string[];
  readonly #help: string;
  readonly #lines: string[] = [];

  constructor(name: string, help: string, labels: readonly string[]) {
    this.name = name;
    this.labels = labels;
    this.#help = help;
  }

  /**
   * @param labels text of `labelText`, with all labels of the family but the last where `last` is its value
   * @param value left out where it is no number: a status of another version may lack it
   */
  add(labels: string, value: number | undefined, last?: string): void {
    if (value === undefined || !Number.isFinite(value)) return;
    const own = last === undefined ? '' : `,${labelText({ [this.labels.at(-1) ?? '']: last })}`;
    this.#lines.push(`${this.name}{${labels}${own}} ${value}`);
  }

  /** What was added, with its heading. */
  text(): string {
    const heading = [`# HELP ${this.name} ${this.#help}`, `# TYPE ${this.name} ${this.type}`];
    return [...heading, ...this.#lines, ''].join('\n');
  }
}

/** `namespace="vision",model="defects"`, escaped as the text format asks. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, escape)}"`)
    .join(',');
}

function escape(character: string): string {
  return character === '\n' ? String.raw`\n` : `\\${character}`;
}
