/**
 * The way to one field, in the elements of the FieldsV1 format: `f:name` for a field, `k:{…}` for the item of a
 * keyed list, `v:…` for the member of a set. Each way exists once, so that sets of them are sets of references.
 */
export class FieldPath {
  readonly parent: FieldPath | undefined;
  readonly element: string;
  readonly #children = new Map<string, FieldPath>();

  constructor(parent?: FieldPath, element = '') {
    this.parent = parent;
    this.element = element;
  }

  child(element: string): FieldPath {
    const known = this.#children.get(element);
    if (known) return known;
    const made = new FieldPath(this, element);
    this.#children.set(element, made);
    return made;
  }

  elements(): string[] {
    return this.parent ? [...this.parent.elements(), this.element] : [];
  }

  isWithin(other: FieldPath): boolean {
    return this === other || this.parent?.isWithin(other) === true;
  }

  /** As the server writes it in a conflict: `.spec.containers[name="model"].image`. */
  toString(): string {
    return this.elements().map(elementText).join('');
  }
}

function elementText(element: string): string {
  const value = element.slice(2);
  switch (element.slice(0, 2)) {
    case 'k:': {
      const keys = Object.entries(JSON.parse(value) as Record<string, unknown>);
      return `[${keys.map(([key, part]) => `${key}=${JSON.stringify(part)}`).join(',')}]`;
    }
    case 'v:':
      return `[=${value}]`;
    default:
      return `.${value}`;
  }
}
