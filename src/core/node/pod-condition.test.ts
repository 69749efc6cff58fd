import { describe, expect, it } from 'vitest';
import { containerOf, MINUTE, podOf, readyPod, START } from '../fixtures/objects.ts';
import type { ContainerView, PodView } from '../views/pod-view.ts';
import { podCondition, servingSince } from './pod-condition.ts';

const waiting = (reason: string, message = 'in its own words') => ({ waiting: { reason, message } });
const ran = (ms: number, more: Partial<ContainerView> = {}) => ({
  terminated: { exitCode: 137, reason: 'Error', startedAt: START, at: START + ms },
  ...more,
});
const withContainer = (container: Partial<ContainerView>, pod: Partial<PodView> = {}) =>
  podOf({ phase: 'Running', containers: [containerOf(container)], ...pod });

describe('podCondition', () => {
  it.each([
    { name: 'made a moment ago', pod: podOf(), is: 'Fetching' },
    {
      name: 'no place',
      pod: podOf({ bound: false, unschedulable: { message: 'x', since: START } }),
      is: 'Unschedulable',
      code: 'Unschedulable',
    },
    {
      name: 'had no place, and has one now',
      pod: podOf({ unschedulable: { message: 'x', since: START } }),
      is: 'Fetching',
    },
    ...[
      'ErrImagePull',
      'ImagePullBackOff',
      'ErrImageNeverPull',
      'InvalidImageName',
      'ImageVolumeMountFailed',
      'RegistryUnavailable',
      'SignatureValidationFailed',
      'ImageInspectError',
    ].map((reason) => ({
      name: reason,
      pod: withContainer(waiting(reason)),
      is: 'Fetching',
      code: 'FetchFailing',
    })),
    { name: 'ContainerCreating', pod: withContainer(waiting('ContainerCreating')), is: 'Fetching' },
    { name: 'PodInitializing', pod: withContainer(waiting('PodInitializing')), is: 'Fetching' },
    ...['CreateContainerConfigError', 'RunContainerError', 'CreateContainerError'].map((reason) => ({
      name: reason,
      pod: withContainer(waiting(reason)),
      is: 'Crashing',
      code: reason,
    })),
    { name: 'started', pod: withContainer({ startedAt: START }), is: 'Starting' },
    {
      name: 'one crash is an accident',
      pod: withContainer({ restarts: 1, ...ran(1000), ...waiting('CrashLoopBackOff') }),
      is: 'Starting',
    },
    {
      name: 'two crashes in a row',
      pod: withContainer({ restarts: 2, ...ran(1000), ...waiting('CrashLoopBackOff') }),
      is: 'Crashing',
      code: 'Crashing',
    },
    {
      name: 'two crashes, starting again',
      pod: withContainer({ restarts: 2, ...ran(1000), startedAt: START + 2000 }),
      is: 'Crashing',
      code: 'Crashing',
    },
    {
      name: 'a crash of a sidecar',
      pod: podOf({
        phase: 'Running',
        containers: [
          containerOf({ ready: true, startedAt: START }),
          containerOf({ name: 'exporter', restarts: 5, ...ran(1000) }),
        ],
      }),
      is: 'Crashing',
      code: 'Crashing',
    },
    {
      name: 'a crash of an init container',
      pod: podOf({
        containers: [
          containerOf({
            name: 'unpack',
            init: true,
            restarts: 2,
            ...ran(1000),
            ...waiting('CrashLoopBackOff'),
          }),
        ],
      }),
      is: 'Crashing',
      code: 'Crashing',
    },
    {
      name: 'the third reboot of its node',
      pod: withContainer({ restarts: 3, ...ran(72 * 60 * MINUTE), startedAt: START + 73 * 60 * MINUTE }),
      is: 'Starting',
    },
    {
      name: 'two crashes long ago, and now a probe that fails',
      pod: withContainer(
        { restarts: 2, ...ran(1000), startedAt: START + MINUTE },
        { notReadySince: START + 600 * MINUTE },
      ),
      is: 'Starting',
    },
    { name: 'ready', pod: readyPod(), is: 'Ready' },
    {
      name: 'ready after crashes',
      pod: readyPod({ containers: [containerOf({ ready: true, restarts: 4, startedAt: START })] }),
      is: 'Ready',
    },
    {
      name: 'ended by the node',
      pod: podOf({ phase: 'Failed', reason: 'UnexpectedAdmissionError', message: 'no devices' }),
      is: 'Ended',
      code: 'UnexpectedAdmissionError',
    },
    { name: 'evicted', pod: podOf({ phase: 'Failed', reason: 'Evicted' }), is: 'Ended', code: 'Evicted' },
    {
      name: 'ended well, which a server should not',
      pod: podOf({ phase: 'Succeeded' }),
      is: 'Ended',
      code: 'Succeeded',
    },
    { name: 'going', pod: readyPod({ deleting: true }), is: 'Deleting' },
    { name: 'ended and going', pod: podOf({ phase: 'Failed', deleting: true }), is: 'Deleting' },
  ] as readonly { name: string; pod: PodView; is: string; code?: string }[])(
    '$name: $is',
    ({ pod, is, code }) => {
      const condition = podCondition(pod);
      expect(condition.kind).toBe(is);
      const why =
        'reason' in condition ? condition.reason : 'trouble' in condition ? condition.trouble : undefined;
      expect(why?.code).toBe(code);
    },
  );

  it('counts the start from the first process, and from the loss of readiness', () => {
    const two = podOf({
      containers: [
        containerOf({ startedAt: START + 5000 }),
        containerOf({ name: 'sidecar', startedAt: START + 1000 }),
      ],
    });
    expect(podCondition(two)).toEqual({ kind: 'Starting', since: START + 1000 });
    expect(podCondition({ ...two, notReadySince: START + MINUTE })).toEqual({
      kind: 'Starting',
      since: START + MINUTE,
    });
  });

  it('serves since its last container started', () => {
    const pod = readyPod({
      containers: [
        containerOf({ ready: true, startedAt: START + 1000 }),
        containerOf({ ready: true, startedAt: START + 9000 }),
      ],
    });
    expect(servingSince(pod)).toBe(START + 9000);
    expect(servingSince({ ...pod, ready: false })).toBeUndefined();
  });
});
