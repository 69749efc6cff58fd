import { describe, expect, it } from 'vitest';
import { runCommand } from './command.ts';

async function run(...argv: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    env: {},
    signal: new AbortController().signal,
    stdin: () => Promise.resolve(''),
    identity: 'test',
  };
  const code = await runCommand(argv, io);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('the command line', () => {
  it.each([[[]], [['help']], [['--help']]])('shows its commands for %j', async (argv) => {
    const { code, out } = await run(...argv);
    expect(code).toBe(0);
    expect(out).toContain('crds');
  });

  it('says which commands there are where it is given none of them', async () => {
    const { code, err } = await run('rollout');
    expect(code).toBe(2);
    expect(err).toContain('"rollout"');
    expect(err).toContain('crds');
  });

  it('knows no command by the name of a property that every object has', async () => {
    expect((await run('constructor')).code).toBe(2);
  });

  it('passes the arguments on, and what a command refuses is a sentence and exit code 2', async () => {
    expect((await run('crds')).out).toContain('kind: CustomResourceDefinition');
    const { code, err } = await run('crds', '--everything');
    expect(code).toBe(2);
    expect(err).toContain('--everything');
  });

  it('judges no file that it was not given, nor one that is wrong', async () => {
    expect(await run('judge')).toMatchObject({ code: 2, out: '' });
    const { code, out, err } = await run('judge', '--evidence', '-');
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('outrigger judge: standard input is not JSON');
  });
});
