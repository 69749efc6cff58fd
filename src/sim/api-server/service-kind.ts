import { RESOURCES } from '../../kube/resource.ts';
import { type FieldError, invalid, required } from './field-error.ts';
import { ATOMIC, keyed, map } from './field-type.ts';
import { type ApiObject, type Fields, listOf, recordOf } from './json.ts';
import { kind, type Kind } from './kind.ts';

const FIRST_NODE_PORT = 30_000;

export function serviceKind(): Kind {
  let addresses = 0;
  let nodePorts = 0;
  const nextAddress = (): string => {
    addresses += 1;
    return `10.96.${addresses >> 8}.${addresses & 255}`;
  };
  return kind(RESOURCES.services, {
    hasStatus: true,
    nameRule: 'label',
    fieldType: map({
      spec: map({ ports: keyed('port,protocol=TCP'), selector: ATOMIC, clusterIPs: ATOMIC }),
      status: map({ conditions: keyed('type') }),
    }),
    prepare(service, previous) {
      const spec: Fields = { type: 'ClusterIP', sessionAffinity: 'None', ...service.spec };
      const before = previous?.spec ?? {};
      const isHeadless = spec['clusterIP'] === 'None';
      spec['clusterIP'] ??= before['clusterIP'] ?? nextAddress();
      spec['clusterIPs'] ??= [spec['clusterIP']];
      spec['ipFamilies'] ??= ['IPv4'];
      spec['ipFamilyPolicy'] ??= 'SingleStack';
      spec['internalTrafficPolicy'] ??= 'Cluster';
      const hasNodePorts = spec['type'] !== 'ClusterIP' && !isHeadless;
      if (hasNodePorts) spec['externalTrafficPolicy'] ??= 'Cluster';
      spec['ports'] = listOf(spec['ports']).map((port, index) => {
        const given = recordOf(port);
        const known = recordOf(listOf(before['ports'])[index]);
        const full: Fields = { protocol: 'TCP', ...given, targetPort: given['targetPort'] ?? given['port'] };
        if (hasNodePorts) full['nodePort'] ??= known['nodePort'] ?? FIRST_NODE_PORT + nodePorts++;
        else delete full['nodePort'];
        return full;
      });
      service.spec = spec;
      service.status ??= { loadBalancer: {} };
    },
    validate: serviceErrors,
  });
}

function serviceErrors(next: ApiObject, previous: ApiObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const spec = next.spec ?? {};
  const before = previous?.spec;
  if (before?.['clusterIP'] !== undefined && before['clusterIP'] !== spec['clusterIP']) {
    errors.push(invalid('spec.clusterIPs[0]', [spec['clusterIP']], 'may not change once set'));
  }
  const ports = listOf(spec['ports']).map(recordOf);
  if (ports.length === 0 && spec['clusterIP'] !== 'None') errors.push(required('spec.ports'));
  for (const [index, port] of ports.entries()) {
    const field = `spec.ports[${index}]`;
    if (ports.length > 1 && !port['name']) errors.push(required(`${field}.name`));
    const number = port['port'];
    if (typeof number !== 'number' || number < 1 || number > 65_535) {
      errors.push(invalid(`${field}.port`, number ?? 0, 'must be between 1 and 65535, inclusive'));
    }
  }
  return errors;
}
