/** The window that both arms are measured in, ms since the epoch, and the width of a sample in ms. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly resolution: number;
}

/** Samples that a node with nothing missing has: one at the end of each whole step. */
export const expectedSamples = (window: Window): number =>
  Math.max(0, Math.floor((window.to - window.from) / window.resolution));
