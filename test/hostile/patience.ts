/** For expect.poll: what is awaited comes within milliseconds, and a machine under load may take its time. */
export const PATIENT = { timeout: 15_000, interval: 10 } as const;
