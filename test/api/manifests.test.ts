import { describe, expect, test } from 'vitest';

import { parseEdgeModel, parseEdgeRollout } from '../../src/api/parse.ts';
import { validateManifest } from '../../src/api/validate.ts';
import { BAD_MANIFESTS } from './bad-manifests.ts';
import { GOOD_MANIFESTS } from './good-manifests.ts';

describe('without an API server', () => {
  test.each(BAD_MANIFESTS)('$name is refused with its field and a sentence', (bad) => {
    expect(validateManifest(bad.manifest)).toContainEqual({
      path: bad.ownPath ?? bad.path,
      message: expect.stringContaining(bad.ownSentence ?? bad.sentence),
    });
  });

  test.each(GOOD_MANIFESTS)('$name is accepted', ({ manifest }) => {
    expect(validateManifest(manifest)).toEqual([]);
  });

  test('another kind is refused, and so is what is no object', () => {
    for (const raw of [{ apiVersion: 'v1', kind: 'Pod' }, null, 7, [], 'EdgeModel']) {
      expect(validateManifest(raw)).toEqual([
        { path: 'kind', message: 'must be EdgeModel or EdgeRollout of apiVersion outrigger.dev/v1alpha1' },
      ]);
    }
  });

  test('no two bad manifests have the same name, and each is bad in one way only', () => {
    expect(new Set(BAD_MANIFESTS.map(({ name }) => name)).size).toBe(BAD_MANIFESTS.length);
    const bad = BAD_MANIFESTS.filter(({ manifest }) => validateManifest(manifest).length !== 1);
    expect(bad.map(({ name, manifest }) => [name, validateManifest(manifest)])).toEqual([]);
  });

  test('what is stored with a field of a later version is read without it', () => {
    for (const { manifest } of BAD_MANIFESTS.filter(({ sentence }) => sentence === 'unknown field')) {
      const parsed = manifest['kind'] === 'EdgeModel' ? parseEdgeModel(manifest) : parseEdgeRollout(manifest);
      expect(parsed).toMatchObject({ ok: true, ignored: [] });
    }
  });
});
