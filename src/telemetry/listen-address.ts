export interface ListenAddress {
  /** Undefined: every address of the machine. */
  readonly host: string | undefined;
  readonly port: number;
}

/** `:8080`, `127.0.0.1:8080` or `[::1]:8080`; undefined where it is none of these. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.['port']);
  if (match === null || port > 65_535) return undefined;
  const host = match.groups?.['v6'] ?? match.groups?.['host'];
  return { host: host === '' ? undefined : host, port };
}
