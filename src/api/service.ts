import { z } from 'zod';
import type { Immutable } from './immutable.ts';
import { ruled } from './rule.ts';
import { celString } from './text.ts';

const PORT_NAME = '^[a-z0-9](?:-?[a-z0-9])*$';

const targetPort = ruled(
  z.union([z.int(), z.string().max(15)]).meta({ 'x-kubernetes-int-or-string': true }),
  [
    {
      cel: `type(self) == int ? self >= 1 && self <= 65535 : string(self).size() <= 15 && string(self).matches(${celString(PORT_NAME)})`,
      holds: (self) =>
        typeof self === 'number' ? self >= 1 && self <= 65_535 : new RegExp(PORT_NAME).test(self),
      message: 'must be a port from 1 to 65535 or the name of a port of the template',
    },
  ],
);

/** The Service beside the pods; a client on a node reaches the pod of its own node. */
export const service = ruled(
  z.object({
    port: z.int().min(1).max(65_535).optional().describe('Default 80.'),
    targetPort: targetPort
      .optional()
      .describe("Number or name of the container's port; the default is port."),
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']).optional().describe('Default ClusterIP.'),
    nodePort: z.int().min(1).max(65_535).optional().describe('For type NodePort or LoadBalancer.'),
    externalTrafficPolicy: z
      .enum(['Local', 'Cluster'])
      .optional()
      .describe(
        'For type NodePort or LoadBalancer; default Local: who asks a node is answered by the pod of that node.',
      ),
  }),
  [
    {
      cel: "!has(self.nodePort) || (has(self.type) && self.type in ['NodePort', 'LoadBalancer'])",
      holds: (self) => self.nodePort === undefined || reachesOut(self.type),
      message: 'needs type: NodePort or LoadBalancer',
      at: '.nodePort',
    },
    {
      cel: "!has(self.externalTrafficPolicy) || (has(self.type) && self.type in ['NodePort', 'LoadBalancer'])",
      holds: (self) => self.externalTrafficPolicy === undefined || reachesOut(self.type),
      message: 'needs type: NodePort or LoadBalancer',
      at: '.externalTrafficPolicy',
    },
  ],
);

function reachesOut(type: string | undefined): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

export type ModelService = Immutable<z.infer<typeof service>>;
