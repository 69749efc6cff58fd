import type { BadManifest } from './bad-manifests.ts';
import { CONTAINERS, model, modelWithPod } from './manifests.ts';

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
    name: 'a template that takes the labels of Outrigger',
    manifest: model({
      template: { metadata: { labels: { 'outrigger.dev/model': 'x' } }, spec: { containers: CONTAINERS } },
    }),
    path: 'spec.template.metadata.labels',
    sentence: 'set by Outrigger',
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
];
