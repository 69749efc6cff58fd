export interface SecretView {
  readonly annotations: Readonly<Record<string, string>>;
  /** Decoded, by key. */
  readonly data: Readonly<Record<string, string>>;
}

/** Reads one Secret at need; nothing lists or watches Secrets. */
export interface SecretSource {
  /** Errors: ApiFailure. */
  read(namespace: string, name: string): Promise<SecretView>;
}
