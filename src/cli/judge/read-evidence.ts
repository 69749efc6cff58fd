import { readFile } from 'node:fs/promises';
import type { FieldError } from '../../api/field-error.ts';
import type { Trial } from '../../judge/trial/trial.ts';
import { UsageError } from '../io.ts';
import { parseEvidence } from './evidence-file.ts';

/** What JSON.parse stops at where a writer put a number that JSON does not have. */
const NO_JSON_NUMBER = /[[,:]\s*(NaN|-?Infinity)\b/;

export interface Evidence {
  readonly trial: Trial;
  readonly ignored: readonly FieldError[];
}

/**
 * Reads an evidence file.
 * @param file its path, or "-" for standard input
 * Errors: UsageError where it cannot be read, is not JSON, or says what is wrong with it field by field.
 */
export async function readEvidence(file: string, stdin: () => Promise<string>): Promise<Evidence> {
  const name = file === '-' ? 'standard input' : file;
  const text = file === '-' ? await stdin() : await fileText(file);
  const read = parseEvidence(jsonOf(text, name));
  if (read.ok) return read;
  const { errors, count } = read;
  const lines = errors.map(({ path, message }) => `  ${path === '' ? 'the file' : path}: ${message}`);
  const more = count > errors.length ? [`  and ${count - errors.length} more`] : [];
  const things = count === 1 ? '1 thing is wrong' : `${count} things are wrong`;
  throw new UsageError([`${name}: ${things}`, ...lines, ...more].join('\n'));
}

async function fileText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function jsonOf(text: string, name: string): unknown {
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    const found = NO_JSON_NUMBER.exec(text);
    const why =
      found === null
        ? String(error instanceof Error ? error.message : error)
        : `line ${text.slice(0, found.index).split('\n').length} has ${found[1]}, which JSON does not: write null for a missing sample`;
    throw new UsageError(`${name} is not JSON: ${why}`);
  }
}
