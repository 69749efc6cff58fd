/** A stream of numbers in [0, 1) that depends on its seed alone. */
export type RandomStream = () => number;

/** xoshiro128** (Blackman and Vigna 2018), seeded by a hash of the text; equal on every machine. */
export const randomStream = (seed: string): RandomStream => {
  const hash = hashStream(seed);
  let a = hash();
  let b = hash();
  let c = hash();
  // One word that is not zero keeps the state off its only fixed point.
  let d = hash() | 1;
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result / 0x1_0000_0000;
  };
};

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/** 32-bit words from a text: FNV-1a over its UTF-16 units, then the finaliser of MurmurHash3 over a counter. */
const hashStream = (text: string): (() => number) => {
  let state = 0x81_1c_9d_c5;
  for (let i = 0; i < text.length; i += 1) state = Math.imul(state ^ text.charCodeAt(i), 0x01_00_01_93);
  return () => {
    state = (state + 0x9e_37_79_b9) | 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 16), 0x85_eb_ca_6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2_b2_ae_35);
    return word ^ (word >>> 16);
  };
};
