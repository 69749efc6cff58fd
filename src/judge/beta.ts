/** Coefficients of Lanczos's approximation of the gamma function, g = 7, n = 9 (relative error below 1e-14). */
const FIRST = 0.99999999999980993;
const LANCZOS: readonly number[] = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln of the gamma function, x > 0. */
export const lnGamma = (x: number): number => {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lnGamma(1 - x);
  const shifted = x - 1;
  const sum = LANCZOS.reduce((total, coefficient, i) => total + coefficient / (shifted + i + 1), FIRST);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
};

/** Regularised incomplete beta function I_x(a, b): the distribution function of Beta(a, b). */
export const betaCdf = (x: number, a: number, b: number): number => {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const lnFront = lnGamma(a + b) - lnGamma(a) - lnGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  // The continued fraction converges fast on one side of the mean; the symmetry gives the other.
  return x < (a + 1) / (a + b + 2)
    ? (Math.exp(lnFront) * fraction(x, a, b)) / a
    : 1 - (Math.exp(lnFront) * fraction(1 - x, b, a)) / b;
};

/** The continued fraction of I_x (DLMF 8.17.22) by Lentz's method. */
const fraction = (x: number, a: number, b: number): number => {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / notZero(1 - ((a + b) * x) / (a + 1), tiny);
  let result = d;
  for (let m = 1; m <= 10_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / notZero(1 + even * d, tiny);
    c = notZero(1 + even / c, tiny);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / notZero(1 + odd * d, tiny);
    c = notZero(1 + odd / c, tiny);
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return result;
};

const notZero = (value: number, tiny: number): number => (Math.abs(value) < tiny ? tiny : value);

/** The p-quantile of Beta(a, b), by bisection: 1e-12 is finer than any count of requests. */
export const betaQuantile = (p: number, a: number, b: number): number => {
  let low = 0;
  let high = 1;
  while (high - low > 1e-12 && high - low > 1e-10 * high) {
    const middle = (low + high) / 2;
    if (betaCdf(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

/** The p-quantile of Student's t, through its tail I_{df/(df+t²)}(df/2, 1/2). */
export const studentQuantile = (p: number, df: number): number => {
  if (p === 0.5) return 0;
  if (p < 0.5) return -studentQuantile(1 - p, df);
  const x = betaQuantile(2 * (1 - p), df / 2, 0.5);
  return Math.sqrt((df * (1 - x)) / x);
};

/** The p-quantile of the standard normal distribution: Student's with so many degrees that they agree to 1e-5. */
export const normalQuantile = (p: number): number => studentQuantile(p, 1e6);
