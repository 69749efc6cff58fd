import { z } from 'zod';
import { duration, milliseconds } from './duration.ts';
import type { Immutable } from './immutable.ts';
import { OBJECT_NAME } from './label.ts';
import { ruled } from './rule.ts';
import { mapOf, textOf } from './text.ts';

const HEADER_NAME = {
  pattern: /^[A-Za-z0-9-]+$/,
  max: 128,
  message: 'every key must be the name of an HTTP header, such as X-Scope-OrgID',
};

const SECRET_HEADERS = ['authorization', 'cookie', 'proxy-authorization'];

const headers = ruled(mapOf({ keys: HEADER_NAME, values: 1024, max: 16 }), [
  {
    cel: `!self.exists(k, k.lowerAscii() in ['${SECRET_HEADERS.join("', '")}'])`,
    holds: (self) => !Object.keys(self).some((key) => SECRET_HEADERS.includes(key.toLowerCase())),
    message: 'credentials do not belong into a manifest: put them into a Secret and name it in secretRef',
  },
]);

const LABEL_NAME = {
  pattern: /^[a-zA-Z_][a-zA-Z0-9_]*$/,
  max: 128,
  message: 'every key must be the name of a Prometheus label, such as cluster',
};

/** Where the measurements come from. Left out, the operator's own flag decides. */
export const prometheus = ruled(
  z.object({
    address: textOf({
      pattern: /^https?:\/\/[!-"$-.0->A-~]+(?:\/[!-"$->@-~]*)?$/,
      max: 512,
      message:
        'must be an http:// or https:// address without credentials or query, such as http://prometheus.monitoring:9090',
    }).optional(),
    secretRef: z
      .object({ name: textOf(OBJECT_NAME) })
      .optional()
      .describe(
        'A Secret with username and password, or token. It is used only if its annotation outrigger.dev/prometheus-address is the address.',
      ),
    tls: z
      .object({
        ca: z
          .string()
          .max(65_536)
          .optional()
          .describe("Certificates in PEM that the server's own must go back to."),
        serverName: z
          .string()
          .max(253)
          .optional()
          .describe("The name that the server's certificate must have, where it is not the address."),
        insecureSkipVerify: z.boolean().optional().describe('Takes any certificate: for trials.'),
      })
      .optional(),
    headers: headers
      .optional()
      .describe('Sent with each query, such as X-Scope-OrgID. Credentials belong into the Secret.'),
    matchLabels: mapOf({ keys: LABEL_NAME, values: 256, max: 16 })
      .optional()
      .describe('Added to every selector of every query, so that one Prometheus can serve several clusters.'),
    timeout: duration().optional().describe('Of one query, at most 1m; default 10s.'),
    queryDelay: duration()
      .optional()
      .describe(
        'How long after a minute its samples are taken to be complete; default 30s at a resolution of 1m.',
      ),
  }),
  [
    {
      cel: "!has(self.timeout) || (duration(self.timeout) >= duration('1s') && duration(self.timeout) <= duration('1m'))",
      holds: ({ timeout }) =>
        timeout === undefined || (milliseconds(timeout) >= 1000 && milliseconds(timeout) <= 60_000),
      message: 'must be between 1s and 1m: while a query waits, one model less is worked on',
      at: '.timeout',
    },
  ],
);

export type PrometheusSpec = Immutable<z.infer<typeof prometheus>>;
