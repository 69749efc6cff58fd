import { fieldPath, type FieldError } from '../../api/field-error.ts';

/** What is wrong with a file: the first few in words, the rest as a number. */
export class ErrorList {
  static readonly SHOWN = 20;
  readonly first: FieldError[] = [];
  count = 0;

  add(path: readonly PropertyKey[], message: string): void {
    this.count += 1;
    if (this.first.length < ErrorList.SHOWN) this.first.push({ path: fieldPath(path), message });
  }
}
