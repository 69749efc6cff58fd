import type { MetricsConnection } from '../controller/ports/metrics-source.ts';
import type { ExchangeTls } from './http-exchange.ts';

/** A connection made ready: where to, with which headers and keys. */
export interface Endpoint {
  /** Without a slash at its end. */
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: ExchangeTls;
}

/** Reads the address and the Secret's data (username and password, or token; ca.crt, tls.crt, tls.key). */
export const endpointOf = (connection: MetricsConnection): Endpoint | { readonly error: string } => {
  const base = parseAddress(connection.address);
  if ('error' in base) return base;
  const authorization = authorizationOf(connection.secret ?? {});
  if ('error' in authorization) return authorization;
  const tls = tlsOf(connection);
  if ('error' in tls) return tls;
  return {
    base: base.text,
    headers: { ...lowerCased(connection.headers), ...authorization.headers },
    ...(base.secure ? { tls: tls.tls } : {}),
  };
};

const parseAddress = (
  address: string,
): { readonly text: string; readonly secure: boolean } | { readonly error: string } => {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return { error: `prometheus.address "${address}" is no http:// or https:// address` };
  }
  if (url.username !== '' || url.password !== '') {
    return {
      error: 'prometheus.address holds a user name or password: put them into the Secret of secretRef',
    };
  }
  if (url.search !== '' || url.hash !== '') {
    return {
      error: 'prometheus.address ends in a query or a fragment: write scheme, host, port and path only',
    };
  }
  return { text: `${url.origin}${url.pathname.replace(/\/+$/u, '')}`, secure: url.protocol === 'https:' };
};

type Secret = Readonly<Record<string, string>>;

const authorizationOf = (
  secret: Secret,
): { readonly headers: Readonly<Record<string, string>> } | { readonly error: string } => {
  const { username, password, token } = secret;
  if (token !== undefined && (username !== undefined || password !== undefined)) {
    return { error: 'the Secret holds a token and a username or password: keep one of the two' };
  }
  if (token !== undefined) return { headers: { authorization: `Bearer ${token.trim()}` } };
  if (username === undefined && password === undefined) return { headers: {} };
  if (username === undefined || password === undefined) {
    return { error: `the Secret lacks the key ${username === undefined ? 'username' : 'password'}` };
  }
  // Only line ends at the end of the value are dropped: a password may end in a space.
  const pair = `${username.trim()}:${password.replace(/[\r\n]+$/u, '')}`;
  return { headers: { authorization: `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` } };
};

const tlsOf = (connection: MetricsConnection): { readonly tls: ExchangeTls } | { readonly error: string } => {
  const secret = connection.secret ?? {};
  const ca = secret['ca.crt'];
  const cert = secret['tls.crt'];
  const key = secret['tls.key'];
  if ((cert === undefined) !== (key === undefined)) {
    return { error: `the Secret lacks the key ${cert === undefined ? 'tls.crt' : 'tls.key'}` };
  }
  return {
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
      ...connection.tls,
    },
  };
};

const lowerCased = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
