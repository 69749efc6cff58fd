import { createHash } from 'node:crypto';

/** JSON with sorted keys and without what is undefined: equal values have equal text, in whatever order they were written. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? 'null';
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  // Entries and not an object under construction: a key named __proto__ would vanish from one.
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

/** Lower-case base 32 of RFC 4648: every character may stand in a DNS label. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

function digest(data: string, length: number): string {
  const bytes = createHash('sha256').update(data).digest();
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return text.slice(0, length);
}

/** Ten characters (50 bits) of the SHA-256 of a value's canonical JSON. */
export function hash(value: unknown): string {
  return digest(canonicalJson(value), 10);
}

/** `length` (at most 51) characters of the SHA-256 of the parts; where one ends and the next begins is part of what is hashed. */
export function shortHash(parts: readonly string[], length: number): string {
  return digest(JSON.stringify(parts), length);
}
