/** 128 bits of hexadecimal text from a source of numbers in [0, 1). */
export function randomText(random: () => number): string {
  return Array.from({ length: 8 }, () =>
    Math.floor(random() * 0x10000)
      .toString(16)
      .padStart(4, '0'),
  ).join('');
}
