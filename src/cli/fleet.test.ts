import { describe, expect, it } from 'vitest';
import { fleet } from './fleet.ts';

describe('outrigger fleet', () => {
  const lines: string[] = [];
  const io = {
    out: (line: string) => void lines.push(line),
    err: () => {},
    env: {},
    signal: new AbortController().signal,
  };

  it('explains itself', async () => {
    expect(await fleet(['--help'], io)).toBe(0);
    expect(lines.join('\n')).toContain('--classes A,B        of orin, hailo, x86; default all');
  });

  it.each([
    [['--nodes', '0'], '--nodes is a number from 1 to 5000, not "0"'],
    [['--classes', 'orin,tpu'], '--classes: there is no class "tpu"; there are orin, hailo, x86'],
    [['--requests', '20-1'], '--requests is two numbers such as 1-20, the smaller one first, not "20-1"'],
    [['--port', 'x'], '--port is a number from 0 to 65535, not "x"'],
    [['--colour'], "Unknown option '--colour'"],
    [[], 'no cluster to speak to'],
  ])('refuses %j in words', async (argv, words) => {
    await expect(fleet(argv, io)).rejects.toThrow(words);
  });
});
