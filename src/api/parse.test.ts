import { anything, assert as check, constantFrom, jsonValue, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parseEdgeModel, parseEdgeModelSpec, parseEdgeRollout } from './parse.ts';
import { validateManifest } from './validate.ts';

const MODEL = {
  apiVersion: 'outrigger.dev/v1alpha1',
  kind: 'EdgeModel',
  metadata: { name: 'detector', uid: 'u', resourceVersion: '7', annotations: { a: 'b' } },
  spec: {
    version: '1',
    template: { spec: { containers: [{ name: 'model', image: 'x', env: [{ name: 'A' }] }], volumes: [{}] } },
    variants: [{ name: 'any', patch: { spec: { containers: [{ name: 'model', $patch: 'replace' }] } } }],
  },
};

describe('reading what a cluster holds', () => {
  test('never throws, whatever it is', () => {
    check(
      property(anything(), (raw) => {
        for (const parse of [parseEdgeModel, parseEdgeRollout, parseEdgeModelSpec]) {
          expect(parse(raw)).toMatchObject({ ok: false });
        }
        expect(validateManifest(raw)).not.toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('never throws on JSON in the place of a spec and a status', () => {
    const object = record({
      apiVersion: constantFrom('outrigger.dev/v1alpha1'),
      kind: constantFrom('EdgeModel', 'EdgeRollout'),
      metadata: constantFrom({ name: 'detector' }),
      spec: jsonValue(),
      status: jsonValue(),
    });
    check(
      property(object, (raw) => {
        expect([true, false]).toContain(parseEdgeModel(raw).ok);
        expect([true, false]).toContain(parseEdgeRollout(raw).ok);
        expect(validateManifest(raw)).toBeInstanceOf(Array);
      }),
      { numRuns: 1000 },
    );
  });

  test('keeps metadata, and all of template and patch', () => {
    expect(parseEdgeModel(MODEL)).toEqual({ ok: true, value: MODEL, ignored: [] });
  });

  test('adds no default to a model, so that the hash is of what people wrote', () => {
    expect(parseEdgeModelSpec(MODEL.spec)).toEqual({ ok: true, value: MODEL.spec, ignored: [] });
  });

  test('a broken status is said and left out, and does not hide the spec', () => {
    const status = { stableRevision: 7, phase: 'Ready' };
    expect(parseEdgeModel({ ...MODEL, status })).toEqual({
      ok: true,
      value: MODEL,
      ignored: [
        { path: 'status.stableRevision', message: expect.stringContaining('must be of type string') },
      ],
    });
  });

  test('a sound status is kept', () => {
    const status = { stableRevision: 'abc', phase: 'Ready' };
    expect(parseEdgeModel({ ...MODEL, status })).toMatchObject({ ok: true, value: { status } });
  });

  test('names the field and says what to do', () => {
    const spec = { ...MODEL.spec, version: 2.4, variants: [{ name: 'any', hardware: { binding: 'Loose' } }] };
    expect(parseEdgeModel({ ...MODEL, spec })).toEqual({
      ok: false,
      errors: [
        {
          path: 'spec.version',
          message: 'must be of type string, not number; YAML reads 2.4 as a number, put it in quotes',
        },
        {
          path: 'spec.variants[0].hardware.binding',
          message: 'Unsupported value: "Loose": supported values: "Sticky", "Strict"',
        },
      ],
    });
  });
});
