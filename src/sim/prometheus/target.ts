/** One thing to scrape. */
export interface Target {
  /** After relabelling: what every series of the target carries. */
  readonly labels: Readonly<Record<string, string>>;
  /** The page in the text format; undefined where the connection fails. */
  readonly scrape: () => string | undefined;
}
