import { expect, test } from 'vitest';
import { RESOURCES } from '../../src/kube/resource.ts';
import { fresh, type Give, pod, refusal } from './subject.ts';

const { pods } = RESOURCES;
const IMAGE = 'registry.example/server:1';

export function podValidationCases(give: Give): void {
  test('misspelt fields are refused by strict validation, by their way', async () => {
    const { client, namespace } = give();
    const containers = [{ name: 'model', image: IMAGE, imagee: 'x', resources: { request: {} } }];
    const body = pod(fresh('strict'), { contianers: [], containers }, { lables: {} });
    const error = await refusal(
      client().create(pods, namespace, body, { dryRun: true, fieldValidation: 'Strict' }),
    );
    expect(error).toMatchObject({ code: 'invalid', status: 400, reason: 'BadRequest' });
    expect(error.serverMessage).toBe(
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "metadata.lables", ' +
        'unknown field "spec.containers[0].imagee", unknown field "spec.containers[0].resources.request", ' +
        'unknown field "spec.contianers"',
    );
  });

  test('without strict validation misspelt fields are dropped', async () => {
    const { client, namespace } = give();
    const body = pod(fresh('lenient'), { contianers: [] });
    const made = await client().create(pods, namespace, body, { fieldValidation: 'Ignore' });
    expect(made.spec).not.toHaveProperty('contianers');
  });

  test.each<[string, object, { reason: string; field: string }[]]>([
    [
      'no image',
      { containers: [{ name: 'm' }] },
      [{ reason: 'FieldValueRequired', field: 'spec.containers[0].image' }],
    ],
    ['no containers', { containers: [] }, [{ reason: 'FieldValueRequired', field: 'spec.containers' }]],
    [
      'a name twice',
      { containers: [container(), container()] },
      [{ reason: 'FieldValueDuplicate', field: 'spec.containers[1].name' }],
    ],
    [
      'a container name in capitals',
      { containers: [container({ name: 'Model' })] },
      [{ reason: 'FieldValueInvalid', field: 'spec.containers[0].name' }],
    ],
    [
      'no container name',
      { containers: [{ image: IMAGE }] },
      [{ reason: 'FieldValueRequired', field: 'spec.containers[0].name' }],
    ],
    [
      'a port out of range',
      { containers: [container({ ports: [{ containerPort: 99_999 }] })] },
      [{ reason: 'FieldValueInvalid', field: 'spec.containers[0].ports[0].containerPort' }],
    ],
    [
      'a mount of no volume',
      { containers: [container({ volumeMounts: [{ name: 'v', mountPath: '/v' }] })] },
      [{ reason: 'FieldValueNotFound', field: 'spec.containers[0].volumeMounts[0].name' }],
    ],
    [
      'a mount path twice',
      {
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [
          container({
            volumeMounts: [
              { name: 'v', mountPath: '/v' },
              { name: 'v', mountPath: '/v' },
            ],
          }),
        ],
      },
      [{ reason: 'FieldValueInvalid', field: 'spec.containers[0].volumeMounts[1].mountPath' }],
    ],
    [
      'an unknown pull policy',
      { containers: [container({ imagePullPolicy: 'Sometimes' })] },
      [{ reason: 'FieldValueNotSupported', field: 'spec.containers[0].imagePullPolicy' }],
    ],
    [
      'an unknown restart policy',
      { restartPolicy: 'Maybe' },
      [{ reason: 'FieldValueNotSupported', field: 'spec.restartPolicy' }],
    ],
    [
      'a request above its limit',
      { containers: [container({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } })] },
      [{ reason: 'FieldValueInvalid', field: 'spec.containers[0].resources.requests' }],
    ],
    [
      'a device requested without a limit',
      { containers: [container({ resources: { requests: { 'nvidia.com/gpu': '1' } } })] },
      [{ reason: 'FieldValueRequired', field: 'spec.containers[0].resources.limits' }],
    ],
    [
      'a negative quantity',
      { containers: [container({ resources: { requests: { cpu: '-1' } } })] },
      [{ reason: 'FieldValueInvalid', field: 'spec.containers[0].resources.requests[cpu]' }],
    ],
    [
      'a resource of no vendor',
      { containers: [container({ resources: { requests: { gpu: '1' } } })] },
      [
        { reason: 'FieldValueInvalid', field: 'spec.containers[0].resources.requests[gpu]' },
        { reason: 'FieldValueInvalid', field: 'spec.containers[0].resources.requests[gpu]' },
      ],
    ],
    [
      'a toleration of nothing',
      { tolerations: [{ effect: 'NoSchedule' }] },
      [{ reason: 'FieldValueInvalid', field: 'spec.tolerations[0].operator' }],
    ],
    [
      'a volume twice',
      {
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 'v', emptyDir: {} },
        ],
      },
      [{ reason: 'FieldValueDuplicate', field: 'spec.volumes[1].name' }],
    ],
  ])('refused with its field: %s', async (_what, spec, causes) => {
    const { client, namespace } = give();
    const error = await refusal(client().create(pods, namespace, pod(fresh('bad'), spec), { dryRun: true }));
    expect(error).toMatchObject({ code: 'invalid', status: 422, reason: 'Invalid' });
    expect(error.details?.map(({ reason, field }) => ({ reason, field }))).toEqual(causes);
    expect(error.serverMessage).toMatch(/^Pod "bad-\d+" is invalid: /);
  });

  test('several faults are told together', async () => {
    const { client, namespace } = give();
    const name = fresh('bad');
    const containers = [{ name: 'model' }, { name: 'model', image: IMAGE }];
    const error = await refusal(
      client().create(pods, namespace, pod(name, { containers }), { dryRun: true }),
    );
    expect(error.serverMessage).toBe(
      `Pod "${name}" is invalid: [spec.containers[0].image: Required value, spec.containers[1].name: Duplicate value: "model"]`,
    );
  });

  test('what is no quantity cannot be read', async () => {
    const { client, namespace } = give();
    const spec = { containers: [container({ resources: { requests: { cpu: 'lots' } } })] };
    const error = await refusal(client().create(pods, namespace, pod(fresh('bad'), spec), { dryRun: true }));
    expect(error).toMatchObject({ status: 400, reason: 'BadRequest' });
    expect(error.serverMessage).toBe(
      'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression ' +
        "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  });

  test('a service account must exist', async () => {
    const { client, namespace } = give();
    const name = fresh('account');
    const body = pod(name, { serviceAccountName: 'nobody' });
    const error = await refusal(client().create(pods, namespace, body, { dryRun: true }));
    expect(error).toMatchObject({ code: 'forbidden', status: 403, reason: 'Forbidden' });
    expect(error.serverMessage).toBe(
      `pods "${name}" is forbidden: error looking up service account ${namespace}/nobody: serviceaccount "nobody" not found`,
    );
  });
}

function container(more: object = {}): object {
  return { name: 'model', image: IMAGE, ...more };
}
