import { readFile } from 'node:fs/promises';

const IGNORE_FILE = new URL('../../deploy/image/Dockerfile.dockerignore', import.meta.url);

/** Whether a path of the repository gets to the builder, as the Dockerfile.dockerignore says: the last match decides. */
export async function buildContext(): Promise<(path: string) => boolean> {
  const lines = (await readFile(IGNORE_FILE, 'utf8')).split('\n').filter((line) => /^[^#\s]/.test(line));
  const rules = lines.map(rule);
  return (path) => rules.findLast(({ matches }) => matches(path))?.included ?? true;
}

interface Rule {
  readonly included: boolean;
  readonly matches: (path: string) => boolean;
}

/** The three forms that ours has. */
function rule(line: string): Rule {
  if (line === '*') return { included: false, matches: () => true };
  if (/^![\w./-]+$/.test(line)) {
    const kept = line.slice(1);
    return { included: true, matches: (path) => path === kept || path.startsWith(`${kept}/`) };
  }
  if (/^\*\*\/\*[\w.]+$/.test(line)) {
    return { included: false, matches: (path) => path.endsWith(line.slice('**/*'.length)) };
  }
  throw new Error(`a rule of the Dockerfile.dockerignore that this test cannot read: ${line}`);
}
