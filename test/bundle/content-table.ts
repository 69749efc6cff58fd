import { readFile } from 'node:fs/promises';

const PAGE = new URL('../../docs/image.md', import.meta.url);

/** The rows of the page's content list: each path in the image with its size in KiB. */
export async function contentTable(): Promise<ReadonlyMap<string, number>> {
  const rows = (await readFile(PAGE, 'utf8')).matchAll(/^\| `(\/[^`]+)` \| ([\d,]+) KiB \|/gm);
  return new Map([...rows].map(([, path = '', size = '']) => [path, Number(size.replaceAll(',', ''))]));
}
