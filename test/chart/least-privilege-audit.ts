import { readFile } from 'node:fs/promises';
import type { RealParts } from '../setup/describe-real.ts';
import { type Account, describeResource, userOf } from './least-privilege-reviews.ts';

interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly userAgent?: string;
  readonly requestURI: string;
  readonly requestReceivedTimestamp: string;
  readonly responseStatus?: { readonly code?: number };
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
}

/** One request of the operator, as the API server wrote it down. */
export interface Call {
  /** `verb resource.group/subresource`. */
  readonly right: string;
  /** Empty where it is about all namespaces, or cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  readonly uri: string;
  readonly at: number;
}

/** What the operator's processes asked for under this account; requests of a test with the same token are not theirs. */
export async function callsOf(real: RealParts, account: Account): Promise<readonly Call[]> {
  const lines = (await readFile(real.auditLog, 'utf8')).split('\n').filter((line) => line !== '');
  const user = userOf(account);
  return lines
    .filter((line) => line.includes(user))
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter((event) => event.user.username === user && event.userAgent === 'outrigger')
    .map(({ verb, requestURI, requestReceivedTimestamp, responseStatus, objectRef }) => {
      const { apiGroup = '', resource = '', subresource, namespace = '', name = '' } = objectRef ?? {};
      const described = describeResource({
        group: apiGroup,
        name: resource,
        ...(subresource !== undefined && { subresource }),
      });
      return {
        right: `${verb} ${described}`,
        namespace,
        name,
        code: responseStatus?.code ?? 0,
        uri: requestURI,
        at: Date.parse(requestReceivedTimestamp),
      };
    });
}
