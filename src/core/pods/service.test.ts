import { describe, expect, it } from 'vitest';
import { modelOf } from '../fixtures/objects.ts';
import { desiredService, isOurs, sameService } from './service.ts';

describe('the Service', () => {
  const owner = modelOf({ service: { port: 80, targetPort: 'http' } });
  const wanted = desiredService(owner);
  if (wanted === undefined) throw new Error('no service');
  const port = { name: 'http', protocol: 'TCP', port: 80, targetPort: 'http' };
  const spec = { ...wanted.spec, clusterIP: '10.0.0.1', sessionAffinity: 'None', ports: [port] };
  const found = (change: object) => ({ ...wanted, spec: { ...spec, ...change } });

  it.each([
    { name: 'with what the API server fills in', change: {}, same: true },
    { name: 'with a nodePort that was given', change: { ports: [{ ...port, nodePort: 30000 }] }, same: true },
    { name: 'of another type', change: { type: 'NodePort' }, same: false },
    { name: 'of another port', change: { ports: [{ ...port, port: 81 }] }, same: false },
    { name: 'to another port', change: { ports: [{ ...port, targetPort: 8080 }] }, same: false },
    { name: 'with one port more', change: { ports: [port, port] }, same: false },
    { name: 'to all nodes', change: { internalTrafficPolicy: 'Cluster' }, same: false },
    { name: 'to other pods', change: { selector: { app: 'x' } }, same: false },
    {
      name: 'that outlives the model',
      change: {},
      metadata: { ...wanted.metadata, ownerReferences: [] },
      same: false,
    },
  ])('$name: same $same', ({ change, same, metadata = wanted.metadata }) => {
    expect(sameService(wanted, { ...found(change), metadata })).toBe(same);
  });

  it('is made only where it is asked for, and ours only with our owner, or with our labels and none', () => {
    expect(desiredService(modelOf())).toBeUndefined();
    expect(isOurs(wanted, owner)).toBe(true);
    expect(isOurs({ ...wanted, metadata: { name: 'defects' } }, owner)).toBe(false);
    const { ownerReferences: _, ...free } = wanted.metadata;
    expect(isOurs({ ...wanted, metadata: free }, owner)).toBe(true);
    expect(isOurs(wanted, { metadata: { ...owner.metadata, uid: 'another' } })).toBe(false);
    expect(desiredService(modelOf({ service: { type: 'NodePort', nodePort: 30_001 } }))?.spec).toMatchObject({
      type: 'NodePort',
      internalTrafficPolicy: 'Local',
      externalTrafficPolicy: 'Local',
      ports: [{ port: 80, targetPort: 80, nodePort: 30_001 }],
    });
  });
});
