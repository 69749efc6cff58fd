import { describe, expect, it } from 'vitest';
import type { Variant } from '../../api/variant.ts';
import { contentOf, CPU, GPU, withSpec } from '../fixtures/objects.ts';
import type { RevisionContent } from '../revision/revision.ts';
import { updateStrategy } from './update-strategy.ts';

describe('how a node goes from one revision to the next', () => {
  const memory = { resources: { requests: { memory: '1Gi' } } };
  it.each<{
    name: string;
    wanted?: 'Surge' | 'Replace' | 'Auto';
    content?: RevisionContent;
    variant?: Variant;
    is: string;
    why: RegExp;
  }>([
    { name: 'nothing exclusive', is: 'Surge', why: /nothing/ },
    { name: 'said so', wanted: 'Surge', variant: GPU, is: 'Surge', why: /updateStrategy is Surge/ },
    { name: 'said so', wanted: 'Replace', is: 'Replace', why: /updateStrategy is Replace/ },
    { name: 'a device of the variant', variant: GPU, is: 'Replace', why: /nvidia.com\/gpu is exclusive/ },
    {
      name: 'a device of the template',
      wanted: 'Auto',
      content: withSpec({}, { resources: { limits: { memory: '1Gi', 'intel.com/vpu': 1 } } }),
      is: 'Replace',
      why: /intel.com\/vpu/,
    },
    {
      name: 'the host network',
      content: withSpec({ hostNetwork: true }),
      is: 'Replace',
      why: /host network/,
    },
    {
      name: 'a hostPort',
      content: withSpec({}, { ports: [{ containerPort: 1, hostPort: 1 }] }),
      is: 'Replace',
      why: /container model has a hostPort/,
    },
    {
      name: 'a hostPort of a sidecar',
      content: withSpec({ initContainers: [{ name: 's', ports: [{ containerPort: 1, hostPort: 1 }] }] }),
      is: 'Replace',
      why: /container s has a hostPort/,
    },
    {
      name: 'no memory request',
      content: withSpec({}, { resources: {} }),
      is: 'Replace',
      why: /requests no memory/,
    },
    {
      name: 'a memory limit is a request',
      content: withSpec({}, { resources: { limits: { memory: '1Gi' } } }),
      is: 'Surge',
      why: /nothing/,
    },
    {
      name: 'memory by the hardware',
      content: withSpec({}, { resources: {} }),
      variant: { name: 'v', hardware: { resources: { memory: '1Gi' } } },
      is: 'Surge',
      why: /nothing/,
    },
    {
      name: 'a host device',
      content: withSpec({ volumes: [{ name: 'cam', hostPath: { path: '/dev/video0' } }] }, memory),
      is: 'Replace',
      why: /volume cam is a host device/,
    },
    {
      name: 'another host path',
      content: withSpec({ volumes: [{ name: 'data', hostPath: { path: '/var/data' } }] }, memory),
      is: 'Surge',
      why: /nothing/,
    },
    {
      name: 'ReadWriteOncePod',
      content: withSpec(
        {
          volumes: [
            {
              name: 'c',
              ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOncePod'] } } },
            },
          ],
        },
        memory,
      ),
      is: 'Replace',
      why: /ReadWriteOncePod/,
    },
    {
      name: 'a priority',
      content: withSpec({ priorityClassName: 'high' }, memory),
      is: 'Replace',
      why: /preempt/,
    },
    {
      name: 'by the patch of the variant',
      variant: { name: 'v', patch: { spec: { hostNetwork: true } } },
      is: 'Replace',
      why: /host network/,
    },
  ])('$name: $is', ({ wanted, content = contentOf(), variant = CPU, is, why }) => {
    const found = updateStrategy(wanted, content, variant);
    expect(found.strategy).toBe(is);
    expect(found.why).toMatch(why);
  });
});
