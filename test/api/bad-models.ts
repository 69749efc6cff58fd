import type { BadManifest } from './bad-manifests.ts';
import { CONTAINERS, DIGEST, model, modelWithPod, modelWithVariant } from './manifests.ts';

const SOURCE = 'needs exactly one source';
const FILE = { uri: 'https://models.example/defect.onnx', sha256: DIGEST };

export const BAD_MODELS: readonly BadManifest[] = [
  {
    name: 'a name with a dot, which no Service may have',
    manifest: model({}, 'defect.detector'),
    path: 'metadata.name',
    sentence: 'the Service of the model has the same name',
  },
  {
    name: 'a name that begins with a digit',
    manifest: model({}, '2detector'),
    path: 'metadata.name',
    sentence: 'beginning with a letter',
  },
  {
    name: 'a name of 53 characters',
    manifest: model({}, 'd'.repeat(53)),
    path: 'metadata.name',
    sentence: 'at most 52',
  },
  {
    name: 'no version',
    manifest: model({ version: undefined }),
    path: 'spec.version',
    sentence: 'Required value',
  },
  {
    name: 'a version without quotes, which YAML takes for a number',
    manifest: model({ version: 2.4 }),
    path: 'spec.version',
    sentence: 'must be of type string',
  },
  {
    name: 'a version that no label may have',
    manifest: model({ version: '2.4.1+build7' }),
    path: 'spec.version',
    sentence: 'must be a label value, because pods carry it',
  },
  {
    name: 'no template',
    manifest: model({ template: undefined }),
    path: 'spec.template',
    sentence: 'Required value',
  },
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
    name: 'no container called model',
    manifest: model({ template: { spec: { containers: [{ name: 'server', image: 'x' }] } } }),
    path: 'spec.template.spec.containers',
    sentence: 'needs exactly one container named model',
  },
  {
    name: 'two containers called model',
    manifest: model({
      template: {
        spec: {
          containers: [
            { name: 'model', image: 'x' },
            { name: 'model', image: 'y' },
          ],
        },
      },
    }),
    path: 'spec.template.spec.containers[1]',
    sentence: 'Duplicate value',
  },
  {
    name: 'a template without a pod',
    manifest: model({ template: { metadata: {} } }),
    path: 'spec.template.spec',
    sentence: 'Required value',
  },
  {
    name: 'a pod without containers',
    manifest: model({ template: { spec: {} } }),
    path: 'spec.template.spec.containers',
    sentence: 'Required value',
  },
  {
    name: 'restartPolicy: Never',
    manifest: modelWithPod({ restartPolicy: 'Never' }),
    path: 'spec.template.spec.restartPolicy',
    sentence: 'must be Always',
  },
  {
    name: 'a node name in the template',
    manifest: modelWithPod({ nodeName: 'edge-1' }),
    path: 'spec.template.spec.nodeName',
    sentence: 'Outrigger chooses the node',
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
    name: 'a template that takes the labels of Outrigger',
    manifest: model({
      template: { metadata: { labels: { 'outrigger.dev/model': 'x' } }, spec: { containers: CONTAINERS } },
    }),
    path: 'spec.template.metadata.labels',
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
    name: 'a node selector with a value that no label may have',
    manifest: model({ nodeSelector: { site: 'hall 4' } }),
    path: 'spec.nodeSelector[site]',
    ownPath: 'spec.nodeSelector.site',
    sentence: 'must be a label value',
  },
  {
    name: 'a config file in a folder',
    manifest: model({ config: { 'a/labels.txt': 'ok' } }),
    path: 'spec.config',
    sentence: 'every key must be a file name',
  },
  {
    name: 'config that is too large together',
    manifest: model({ config: { a: 'x'.repeat(30_000), b: 'x'.repeat(30_000) } }),
    path: 'spec.config',
    sentence: 'all files together may have at most 49152',
  },
  {
    name: 'a copied label that Outrigger sets itself',
    manifest: model({ podLabelsFromNode: ['app.kubernetes.io/name'] }),
    path: 'spec.podLabelsFromNode[0]',
    sentence: 'are set by Outrigger',
  },
  {
    name: 'a copied label twice',
    manifest: model({ podLabelsFromNode: ['site', 'site'] }),
    path: 'spec.podLabelsFromNode[1]',
    sentence: 'Duplicate value',
  },
  {
    name: 'a nodePort of a Service that has none',
    manifest: model({ service: { port: 80, nodePort: 30_080 } }),
    path: 'spec.service.nodePort',
    sentence: 'needs type: NodePort or LoadBalancer',
  },
  {
    name: 'an externalTrafficPolicy of a Service that is not reached from outside',
    manifest: model({ service: { type: 'ClusterIP', externalTrafficPolicy: 'Local' } }),
    path: 'spec.service.externalTrafficPolicy',
    sentence: 'needs type: NodePort or LoadBalancer',
  },
  {
    name: 'a target port that has no name',
    manifest: model({ service: { targetPort: 'HTTP port' } }),
    path: 'spec.service.targetPort',
    sentence: 'must be a port from 1 to 65535 or the name of a port',
  },
  {
    name: 'a port beyond the last',
    manifest: model({ service: { port: 70_000 } }),
    path: 'spec.service.port',
    sentence: 'less than or equal to 65535',
  },
  {
    name: 'an update strategy of another kind of object',
    manifest: model({ updateStrategy: 'RollingUpdate' }),
    path: 'spec.updateStrategy',
    sentence: 'supported values: "Auto", "Surge", "Replace"',
  },
  {
    name: 'an adoption of every pod',
    manifest: model({ adopt: { selector: {} } }),
    path: 'spec.adopt.selector',
    sentence: 'would adopt every pod',
  },
  {
    name: 'a revision history of nothing',
    manifest: model({ revisionHistoryLimit: 0 }),
    path: 'spec.revisionHistoryLimit',
    sentence: 'greater than or equal to 1',
  },
  {
    name: 'a misspelt field',
    manifest: model({ nodeSelektor: { site: 'factory' } }),
    path: 'spec.nodeSelektor',
    sentence: 'unknown field',
  },
  {
    name: 'a misspelt field of a variant',
    manifest: modelWithVariant({ artefact: { mountPath: '/models', image: 'x' } }),
    path: 'spec.variants[0].artefact',
    sentence: 'unknown field',
  },
];
