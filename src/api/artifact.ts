import { z } from 'zod';
import { secretRef } from './hardware.ts';
import type { Immutable } from './immutable.ts';
import { quantity } from './quantity.ts';
import { ruled } from './rule.ts';
import { text, textOf } from './text.ts';

/** A path below the mount: relative, without an empty, "." or ".." part. */
const RELATIVE_PATH = {
  pattern: /^(?:[^/.][^/]*|\.[^/.][^/]*|\.\.[^/]+)(?:\/(?:[^/.][^/]*|\.[^/.][^/]*|\.\.[^/]+))*$/,
  max: 512,
  message: 'must be a path below mountPath, such as defect/1/model.plan, without ".."',
};

/** One file of a model, known by its content. */
export const artifactFile = z.object({
  uri: textOf({
    pattern: /^(?:https?|s3):\/\/[!-.0-~]+\/[!-~]+$/,
    max: 1024,
    message: 'must be an http://, https:// or s3:// address of one file',
  }),
  sha256: textOf({
    pattern: /^[0-9a-f]{64}$/,
    max: 64,
    message: 'must be the SHA-256 of the file: 64 lower-case hexadecimal digits, as sha256sum prints it',
  }),
  size: quantity().optional().describe('How large the file is; a download of another size is refused.'),
  path: textOf(RELATIVE_PATH)
    .optional()
    .describe('Where the file is put, below mountPath; needed where there are several files.'),
});

/** Where a variant's model comes from, and where the container finds it. */
export const artifact = ruled(
  z.object({
    mountPath: textOf({
      pattern: /^\/[^:]*[^:/][^:]*$/,
      max: 512,
      message: 'must be an absolute path other than /, without ":", such as /models',
    }),
    image: text(512)
      .optional()
      .describe(
        'An OCI image with the model, mounted as an image volume: the kubelet pulls, verifies and shares it.',
      ),
    files: z
      .array(artifactFile)
      .min(1)
      .max(32)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .optional()
      .describe('Files that are fetched onto the node and verified before the server starts.'),
    credentials: z
      .object({ secretRef })
      .optional()
      .describe('For fetching files: a Secret of this namespace.'),
    bandwidth: quantity().optional().describe('How many bytes a second one node may fetch.'),
  }),
  [
    {
      cel: 'has(self.image) != has(self.files)',
      holds: (self) => (self.image === undefined) !== (self.files === undefined),
      message: 'needs exactly one source: image (an OCI image volume) or files',
    },
    {
      cel: 'has(self.files) || !(has(self.bandwidth) || has(self.credentials))',
      holds: (self) =>
        self.files !== undefined || (self.bandwidth === undefined && self.credentials === undefined),
      message:
        'bandwidth and credentials are for files: an image is pulled by the kubelet, with the imagePullSecrets of the template',
    },
    {
      cel: 'has(self.image) || !has(self.files) || self.files.size() == 1 || self.files.all(f, has(f.path))',
      holds: ({ files = [] }) => files.length <= 1 || files.every((file) => file.path !== undefined),
      message: 'each of several files needs a path',
      at: '.files',
    },
    {
      cel: '!has(self.files) || self.files.filter(f, has(f.path)).all(f, self.files.exists_one(g, has(g.path) && g.path == f.path))',
      holds: ({ files = [] }) => {
        const paths = files.flatMap((file) => (file.path === undefined ? [] : [file.path]));
        return new Set(paths).size === paths.length;
      },
      message: 'two files cannot have the same path',
      at: '.files',
    },
  ],
);

export type ArtifactFile = Immutable<z.infer<typeof artifactFile>>;
export type Artifact = Immutable<z.infer<typeof artifact>>;
