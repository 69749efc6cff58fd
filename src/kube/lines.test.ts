import { describe, expect, it } from 'vitest';
import { splitLines } from './lines.ts';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(bytes: Uint8Array, size: number, maxLength?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of splitLines(chunksOf(bytes, size), maxLength)) lines.push(line);
  return lines;
}

describe('splitLines', () => {
  const text = 'erste\nzweite ü😀\n\nvierte\n';

  it.each([1, 2, 3, 7, 1000])('gives the same lines in chunks of %i bytes', async (size) => {
    expect(await collect(Buffer.from(text), size)).toEqual(['erste', 'zweite ü😀', '', 'vierte']);
  });

  it.each([1, 2, 3, 4])('drops a byte order mark split at %i bytes', async (size) => {
    expect(await collect(Buffer.from('\uFEFF{}\n'), size)).toEqual(['{}']);
  });

  it('gives the whole lines and then an error where the stream is cut', async () => {
    const seen: string[] = [];
    const reading = (async () => {
      for await (const line of splitLines(chunksOf(Buffer.from('whole\nhal'), 4))) seen.push(line);
    })();
    await expect(reading).rejects.toThrow('in the middle of a line');
    expect(seen).toEqual(['whole']);
  });

  it('notices a cut inside a character', async () => {
    await expect(collect(Buffer.from('ü').subarray(0, 1), 1)).rejects.toThrow('in the middle of a line');
  });

  it('stops reading a line without end', async () => {
    await expect(collect(Buffer.alloc(1000, 'a'), 10, 100)).rejects.toThrow('longer than 100');
  });
});
