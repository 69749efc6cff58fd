/** No object of an API server comes near this: etcd refuses requests beyond 1.5 MB. */
export const MAX_LINE_LENGTH = 16 * 1024 * 1024;

/**
 * Cuts a stream of UTF-8 bytes into lines, whatever the borders of its chunks; a byte order mark is dropped.
 *
 * Errors: throws when the stream ends inside a line, which is how a cut connection can look, and when a line is
 * longer than `maxLength` UTF-16 units, so that a stream without newlines cannot fill the memory.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLength = MAX_LINE_LENGTH,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield line;
    if (rest.length > maxLength)
      throw new Error(`a line of the stream is longer than ${maxLength} characters`);
  }
  rest += decoder.decode();
  if (rest !== '') throw new Error('the stream ended in the middle of a line');
}
