/** Numbers as sentences write them. */

/** "0.42 %": two digits that say something, however small. */
export const percent = (fraction: number): string => {
  const value = fraction * 100;
  if (value === 0) return '0 %';
  const digits = Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(Math.abs(value)))));
  return `${Number(value.toFixed(digits))} %`;
};

/** The same with its sign: "+0.42 %". */
export const signedPercent = (fraction: number): string =>
  fraction > 0 ? `+${percent(fraction)}` : percent(fraction);

export const many = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** A span of time, in ms: "90s", "5m". */
export const span = (ms: number): string => {
  if (ms >= 120_000) return `${Number((ms / 60_000).toFixed(1))}m`;
  return `${Number((ms / 1000).toFixed(ms < 10_000 ? 1 : 0))}s`;
};

export const probability = (p: number): string => (p < 0.001 ? p.toExponential(1) : p.toFixed(3));

export const amount = (value: number): string => String(Number(value.toPrecision(4)));
