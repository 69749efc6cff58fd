/** A duration in ms as PromQL writes it, in its largest whole unit. */
export const promqlDuration = (ms: number): string => {
  const units: readonly (readonly [string, number])[] = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ];
  const whole = Math.max(1, Math.round(ms));
  const unit = units.find(([, size]) => whole % size === 0);
  return unit === undefined ? `${whole}ms` : `${whole / unit[1]}${unit[0]}`;
};
