import { describe, expect, test } from 'vitest';

import { bindingOf, modelSettings } from './model-settings.ts';

const SPEC = {
  version: '1',
  template: { spec: { containers: [{ name: 'model' }] } },
  variants: [{ name: 'any' }],
} as const;

describe('the settings of a model', () => {
  test('that says nothing are the documented ones, and no Service', () => {
    expect(modelSettings(SPEC)).toEqual({
      updateStrategy: 'Auto',
      updatePolicy: 'Rollout',
      deletionPolicy: 'Delete',
      revisionHistoryLimit: 5,
      service: undefined,
    });
    expect(bindingOf(undefined)).toBe('Sticky');
    expect(bindingOf({ binding: 'Strict' })).toBe('Strict');
  });

  test('an empty service asks for port 80 inside the cluster', () => {
    expect(modelSettings({ ...SPEC, service: {} }).service).toEqual({
      port: 80,
      targetPort: 80,
      type: 'ClusterIP',
      nodePort: undefined,
      externalTrafficPolicy: undefined,
    });
  });

  test('who asks a node from outside is answered by the pod of that node, unless another policy is written', () => {
    const service = { type: 'NodePort', port: 8000, targetPort: 'http', nodePort: 30_080 } as const;
    expect(modelSettings({ ...SPEC, service }).service).toEqual({
      ...service,
      externalTrafficPolicy: 'Local',
    });
    expect(
      modelSettings({ ...SPEC, service: { ...service, externalTrafficPolicy: 'Cluster' } }).service,
    ).toMatchObject({ externalTrafficPolicy: 'Cluster' });
  });
});
