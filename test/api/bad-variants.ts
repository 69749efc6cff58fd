import type { BadManifest } from './bad-manifests.ts';
import { DIGEST, model, modelWithVariant } from './manifests.ts';

const SOURCE = 'needs exactly one source';
const FILE = { uri: 'https://models.example/defect.onnx', sha256: DIGEST };

export const BAD_VARIANTS: readonly BadManifest[] = [
  {
    name: 'no variants',
    manifest: model({ variants: undefined }),
    path: 'spec.variants',
    sentence: 'Required value',
  },
  {
    name: 'empty variants',
    manifest: model({ variants: [] }),
    path: 'spec.variants',
    sentence: 'at least 1 item',
  },
  {
    name: 'seventeen variants',
    manifest: model({ variants: Array.from({ length: 17 }, (_, index) => ({ name: `v${index}` })) }),
    path: 'spec.variants',
    sentence: 'must have at most 16 items',
  },
  {
    name: 'two variants of one name',
    manifest: model({ variants: [{ name: 'cpu' }, { name: 'cpu' }] }),
    path: 'spec.variants[1]',
    sentence: 'Duplicate value',
  },
  {
    name: 'a variant without a name',
    manifest: model({ variants: [{ hardware: {} }] }),
    path: 'spec.variants[0].name',
    sentence: 'Required value',
  },
  {
    name: 'a variant whose name is no label',
    manifest: model({ variants: [{ name: 'Orin_TRT' }] }),
    path: 'spec.variants[0].name',
    sentence: 'must be lower-case letters, digits and "-"',
  },
  {
    name: 'a node name in a patch',
    manifest: modelWithVariant({ patch: { spec: { nodeName: 'edge-1' } } }),
    path: 'spec.variants[0].patch.spec.nodeName',
    sentence: 'Outrigger chooses the node',
  },
  {
    name: 'restartPolicy: OnFailure in a patch',
    manifest: modelWithVariant({ patch: { spec: { restartPolicy: 'OnFailure' } } }),
    path: 'spec.variants[0].patch.spec.restartPolicy',
    sentence: 'must be Always',
  },
  {
    name: 'a patch that takes the labels of Outrigger',
    manifest: modelWithVariant({ patch: { metadata: { labels: { 'outrigger.dev/revision': 'x' } } } }),
    path: 'spec.variants[0].patch.metadata.labels',
    sentence: 'set by Outrigger',
  },
  {
    name: 'an artifact with two sources',
    manifest: modelWithVariant({ artifact: { mountPath: '/models', image: 'r.example/m:1', files: [FILE] } }),
    path: 'spec.variants[0].artifact',
    sentence: SOURCE,
  },
  {
    name: 'an artifact without a source',
    manifest: modelWithVariant({ artifact: { mountPath: '/models' } }),
    path: 'spec.variants[0].artifact',
    sentence: SOURCE,
  },
  {
    name: 'an artifact that is mounted nowhere',
    manifest: modelWithVariant({ artifact: { image: 'r.example/m:1' } }),
    path: 'spec.variants[0].artifact.mountPath',
    sentence: 'Required value',
  },
  {
    name: 'an artifact that is mounted at a relative path',
    manifest: modelWithVariant({ artifact: { mountPath: 'models', image: 'r.example/m:1' } }),
    path: 'spec.variants[0].artifact.mountPath',
    sentence: 'must be an absolute path',
  },
  {
    name: 'a file without a digest',
    manifest: modelWithVariant({ artifact: { mountPath: '/models', files: [{ uri: FILE.uri }] } }),
    path: 'spec.variants[0].artifact.files[0].sha256',
    sentence: 'Required value',
  },
  {
    name: 'a file with a digest that is none',
    manifest: modelWithVariant({
      artifact: { mountPath: '/models', files: [{ ...FILE, sha256: 'sha256:abc' }] },
    }),
    path: 'spec.variants[0].artifact.files[0].sha256',
    sentence: '64 lower-case hexadecimal digits',
  },
  {
    name: 'a file from an address of an unknown kind',
    manifest: modelWithVariant({
      artifact: { mountPath: '/models', files: [{ ...FILE, uri: 'ftp://models.example/m' }] },
    }),
    path: 'spec.variants[0].artifact.files[0].uri',
    sentence: 'http://, https:// or s3://',
  },
  {
    name: 'a file that would be written outside of the mount',
    manifest: modelWithVariant({
      artifact: { mountPath: '/models', files: [{ ...FILE, path: '../etc/passwd' }] },
    }),
    path: 'spec.variants[0].artifact.files[0].path',
    sentence: 'must be a path below mountPath',
  },
  {
    name: 'two files at one path',
    manifest: modelWithVariant({
      artifact: {
        mountPath: '/models',
        files: [
          { ...FILE, path: 'm.onnx' },
          { ...FILE, path: 'm.onnx' },
        ],
      },
    }),
    path: 'spec.variants[0].artifact.files',
    sentence: 'two files cannot have the same path',
  },
  {
    name: 'several files without paths',
    manifest: modelWithVariant({ artifact: { mountPath: '/models', files: [FILE, FILE] } }),
    path: 'spec.variants[0].artifact.files',
    sentence: 'each of several files needs a path',
  },
  {
    name: 'a bandwidth for an image, which the kubelet pulls',
    manifest: modelWithVariant({
      artifact: { mountPath: '/models', image: 'r.example/m:1', bandwidth: '5M' },
    }),
    path: 'spec.variants[0].artifact',
    sentence: 'bandwidth and credentials are for files',
  },
  {
    name: 'a file size that is no quantity',
    manifest: modelWithVariant({ artifact: { mountPath: '/models', files: [{ ...FILE, size: '40 MB' }] } }),
    path: 'spec.variants[0].artifact.files[0].size',
    sentence: 'must be a quantity above nothing',
  },
  {
    name: 'a resource of nothing',
    manifest: modelWithVariant({ hardware: { resources: { 'nvidia.com/gpu': 0 } } }),
    path: 'spec.variants[0].hardware.resources.nvidia.com/gpu',
    sentence: 'greater than or equal to 1',
    ownSentence: 'must be a quantity above nothing',
  },
  {
    name: 'a resource that is no quantity',
    manifest: modelWithVariant({ hardware: { resources: { memory: 'plenty' } } }),
    path: 'spec.variants[0].hardware.resources.memory',
    sentence: 'should match',
    ownSentence: 'must be a quantity above nothing',
  },
  {
    name: 'a hardware label with a space in its key',
    manifest: modelWithVariant({ hardware: { nodeSelector: { 'gpu product': 'Orin' } } }),
    path: 'spec.variants[0].hardware.nodeSelector',
    sentence: 'every key must be a label key',
  },
  {
    name: 'an operator that does not exist',
    manifest: modelWithVariant({
      hardware: { matchExpressions: [{ key: 'gpu', operator: 'Equals', values: ['x'] }] },
    }),
    path: 'spec.variants[0].hardware.matchExpressions[0].operator',
    sentence: 'supported values: "In", "NotIn"',
  },
  {
    name: 'In without values',
    manifest: modelWithVariant({ hardware: { matchExpressions: [{ key: 'gpu', operator: 'In' }] } }),
    path: 'spec.variants[0].hardware.matchExpressions[0]',
    sentence: 'In and NotIn need at least one value',
  },
  {
    name: 'Exists with a value',
    manifest: modelWithVariant({
      hardware: { matchExpressions: [{ key: 'gpu', operator: 'Exists', values: ['x'] }] },
    }),
    path: 'spec.variants[0].hardware.matchExpressions[0]',
    sentence: 'Exists and DoesNotExist take no values',
  },
  {
    name: 'Gt with a word',
    manifest: modelWithVariant({
      hardware: { matchExpressions: [{ key: 'gpu.count', operator: 'Gt', values: ['many'] }] },
    }),
    path: 'spec.variants[0].hardware.matchExpressions[0]',
    sentence: 'Gt and Lt need exactly one value',
  },
  {
    name: 'a binding that does not exist',
    manifest: modelWithVariant({ hardware: { binding: 'Loose' } }),
    path: 'spec.variants[0].hardware.binding',
    sentence: 'supported values: "Sticky", "Strict"',
  },
  {
    name: 'a misspelt field of a variant',
    manifest: modelWithVariant({ artefact: { mountPath: '/models', image: 'x' } }),
    path: 'spec.variants[0].artefact',
    sentence: 'unknown field',
  },
];
