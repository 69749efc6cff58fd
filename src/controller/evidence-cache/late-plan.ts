/** Steps between two questions for what is still missing: at first, and at most. */
const SHORTEST = 3;
const LONGEST = 60;

/**
 * When to ask again for samples that are still missing. Each question that brings nothing doubles the time to the
 * next; one that brings something, or a node that comes back after a gap, makes it short again.
 */
export class LatePlan {
  /** The pods that are next, where one question was not enough for all. */
  cursor = 0;
  #gap = SHORTEST;
  #dueAt = SHORTEST;

  due(columns: number): boolean {
    return columns >= this.#dueAt;
  }

  /** A node has samples again after it had none: those in between may come now. */
  returned(columns: number): void {
    this.#gap = SHORTEST;
    this.#dueAt = Math.min(this.#dueAt, columns + 1);
  }

  asked(columns: number, found: number, more: boolean): void {
    if (found > 0) this.#gap = SHORTEST;
    this.#dueAt = columns + (more ? 1 : this.#gap);
    if (found === 0 && !more) this.#gap = Math.min(LONGEST, 2 * this.#gap);
  }
}
