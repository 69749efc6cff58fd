import type { Baseline } from '../inference/environment.ts';
import type { Taint } from './node.ts';

/** What one simulated node is made of. */
export interface NodeSpec {
  readonly name: string;
  /** Nodes of one class share their baseline and part of their luck. */
  readonly hardwareClass: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  readonly architecture: 'arm64' | 'amd64';
  /** Capacity and allocatable, as quantities. */
  readonly capacity: Readonly<Record<string, string>>;
  /** What the inference server reports as its device. */
  readonly device: string;
  readonly baseline: Baseline;
  /** Of the link over which images come, bytes a second. */
  readonly bandwidth: number;
}

export type HardwareClass = 'orin' | 'hailo' | 'x86';

export const HARDWARE_CLASSES: readonly HardwareClass[] = ['orin', 'hailo', 'x86'];

/** Marks the nodes that a fleet made, so that they can be told from real ones and removed. */
export const FLEET_LABEL = 'sim.outrigger.dev/fleet';

const REGIONS = ['north', 'south'];
const BANDWIDTH = 50_000_000;

interface ClassOfHardware {
  readonly architecture: NodeSpec['architecture'];
  readonly labels: Readonly<Record<string, string>>;
  readonly capacity: Readonly<Record<string, string>>;
  readonly device: string;
  readonly baseline: Baseline;
}

/** Labels and resources as the vendors' device plugins and node feature discovery name them. */
const CLASSES: Readonly<Record<HardwareClass, ClassOfHardware>> = {
  orin: {
    architecture: 'arm64',
    labels: { 'nvidia.com/gpu.present': 'true', 'nvidia.com/gpu.product': 'Orin' },
    capacity: { cpu: '8', memory: '16Gi', 'nvidia.com/gpu': '1' },
    device: 'cuda',
    baseline: { errorRate: 0.004, medianLatency: 0.018 },
  },
  hailo: {
    architecture: 'arm64',
    labels: { 'feature.node.kubernetes.io/pci-1e60.present': 'true' },
    capacity: { cpu: '4', memory: '8Gi', 'hailo.ai/h8': '1' },
    device: 'hailo8',
    baseline: { errorRate: 0.01, medianLatency: 0.045 },
  },
  x86: {
    architecture: 'amd64',
    labels: { 'feature.node.kubernetes.io/cpu-cpuid.AVX512VNNI': 'true' },
    capacity: { cpu: '4', memory: '8Gi' },
    device: 'cpu',
    baseline: { errorRate: 0.02, medianLatency: 0.14 },
  },
};

/** `count` nodes in equal parts of the classes, spread over two regions and sites of six nodes: edge-orin-01 and so on. */
export function edgeNodes(
  count: number,
  classes: readonly HardwareClass[] = HARDWARE_CLASSES,
): readonly NodeSpec[] {
  return Array.from({ length: count }, (_, index) => {
    const hardwareClass = classes[index % classes.length] ?? 'x86';
    const inClass = Math.floor(index / classes.length);
    return edgeNode(hardwareClass, inClass + 1, index);
  });
}

/** One node of a class: `ordinal` counts within the class, `index` over the fleet. */
export function edgeNode(hardwareClass: HardwareClass, ordinal: number, index: number): NodeSpec {
  const hardware = CLASSES[hardwareClass];
  const name = `edge-${hardwareClass}-${String(ordinal).padStart(2, '0')}`;
  const site = Math.floor(index / 6);
  return {
    name,
    hardwareClass,
    architecture: hardware.architecture,
    device: hardware.device,
    baseline: hardware.baseline,
    bandwidth: BANDWIDTH,
    capacity: { pods: '110', 'ephemeral-storage': '64Gi', ...hardware.capacity },
    labels: {
      'kubernetes.io/arch': hardware.architecture,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/hostname': name,
      'node.kubernetes.io/instance-type': 'k3s',
      [FLEET_LABEL]: 'true',
      'site-type': 'factory',
      site: `site-${String(site + 1).padStart(2, '0')}`,
      'topology.kubernetes.io/region': REGIONS[site % REGIONS.length] ?? 'north',
      ...hardware.labels,
    },
  };
}
