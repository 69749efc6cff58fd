import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentOf, modelOf } from '../fixtures/objects.ts';
import { promotedIn, rejectedAt, revisionOf } from '../fixtures/memory.ts';
import { controllerRevision, markAnnotations, parseRevision } from './controller-revision.ts';
import { prunable } from './history.ts';
import {
  everPromoted,
  highestOrder,
  promotionOrder,
  rejection,
  revisionContent,
  revisionHash,
} from './revision.ts';

const hashOf = (spec: Parameters<typeof modelOf>[0]) => revisionHash(revisionContent(modelOf(spec).spec));

describe('the hash of a revision', () => {
  const base = hashOf({});

  it.each<{ name: string; spec: Parameters<typeof modelOf>[0]; same: boolean }>([
    { name: 'updateStrategy', spec: { updateStrategy: 'Replace' }, same: true },
    { name: 'updatePolicy', spec: { updatePolicy: 'Rolling' }, same: true },
    { name: 'service', spec: { service: { port: 80 } }, same: true },
    { name: 'nodeSelector', spec: { nodeSelector: { site: 'a' } }, same: true },
    { name: 'revisionHistoryLimit', spec: { revisionHistoryLimit: 9 }, same: true },
    { name: 'version', spec: { version: '1.0.1' }, same: false },
    { name: 'config', spec: { config: { a: 'b' } }, same: false },
    { name: 'tolerations', spec: { tolerations: [{ key: 'a' }] }, same: false },
    { name: 'podLabelsFromNode', spec: { podLabelsFromNode: ['site'] }, same: false },
    { name: 'variants', spec: { variants: [{ name: 'cpu2' }] }, same: false },
    { name: 'the order of variants', spec: { variants: [{ name: 'b' }, { name: 'cpu' }] }, same: false },
  ])('$name: the same $same', ({ spec, same }) => {
    expect(hashOf(spec) === base).toBe(same);
  });

  it('does not depend on the order of keys', () => {
    const shuffled = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(shuffled)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .toReversed()
                .map(([key, each]) => [key, shuffled(each)]),
            )
          : value;
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (config) => {
        const content = contentOf('1.0.0', { config: config as Record<string, string> });
        expect(revisionHash(shuffled(content) as typeof content)).toBe(revisionHash(content));
      }),
    );
  });

  it('is a part of names and labels', () => {
    expect(base).toMatch(/^[a-z2-7]{10}$/);
  });
});

const stored = (annotations: Record<string, string> = {}) => {
  const object = controllerRevision(modelOf(), 'rev-b', contentOf(), 3, true);
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...annotations } },
  };
};

describe('a stored revision', () => {
  it('is read as it was written, with its marks', () => {
    const promoted = promotedIn({ cpu: 1 }, 2);
    const rejected = [rejectedAt(1), rejectedAt(2, 'gpu')];
    const read = parseRevision(JSON.parse(JSON.stringify(stored(markAnnotations({ promoted, rejected })))));
    expect(read).toMatchObject({
      hash: 'rev-b',
      ordinal: 3,
      first: true,
      content: contentOf(),
      promoted,
      rejected,
    });
  });

  it.each(['', 'nonsense', '7', 'null', '{}', '[]', '{"cohorts":null}', '[null]', '[{"attempt":"x"}]'])(
    'whose marks are %j counts as unmarked, and no later step fails on it',
    (text) => {
      const read = parseRevision(stored({ 'outrigger.dev/promoted': text, 'outrigger.dev/rejected': text }));
      if (read === undefined) throw new Error('not read');
      expect(read.rejected).toEqual([]);
      expect(everPromoted(read)).toBe(false);
      expect(highestOrder([read])).toBe(0);
      expect(promotionOrder(read, 'cpu')).toBe(0);
    },
  );

  it('of somebody else is none', () => {
    expect(
      parseRevision({ apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { name: 'x' } }),
    ).toBeUndefined();
    expect(parseRevision(Object.assign(stored(), { data: { spec: {} } }))).toBeUndefined();
  });
});

describe('the order of promotions', () => {
  it.each([
    { name: 'never', revision: revisionOf(), order: 0 },
    { name: 'in this cohort', revision: revisionOf({ promoted: promotedIn({ cpu: 4 }) }), order: 4 },
    { name: 'in another cohort', revision: revisionOf({ promoted: promotedIn({ gpu: 4 }) }), order: 0 },
    {
      name: 'everywhere: a new cohort takes it too',
      revision: revisionOf({ promoted: promotedIn({ gpu: 4 }, 4) }),
      order: 4,
    },
    {
      name: 'a revert is newer than what it left',
      revision: revisionOf({ promoted: promotedIn({ cpu: 3 }, 1) }),
      order: 3,
    },
    {
      name: 'everywhere, but rejected here',
      revision: revisionOf({ promoted: promotedIn({ gpu: 4 }, 4), rejected: [rejectedAt(1, 'cpu')] }),
      order: 0,
    },
    {
      name: 'rejected here, then retried and promoted',
      revision: revisionOf({
        promoted: promotedIn({ cpu: 5, gpu: 4 }, 5),
        rejected: [rejectedAt(1, 'cpu', 2)],
      }),
      order: 5,
    },
    {
      name: 'promoted here, and rejected at a later attempt',
      revision: revisionOf({
        promoted: promotedIn({ cpu: 1, gpu: 7 }, 7),
        rejected: [rejectedAt(2, 'cpu', 6)],
      }),
      order: 1,
    },
  ])('$name: $order', ({ revision, order }) => {
    expect(promotionOrder(revision, 'cpu')).toBe(order);
  });

  it('counts over all revisions and cohorts', () => {
    const revisions = [
      revisionOf({ promoted: promotedIn({ a: 2, b: 9 }, 3) }),
      revisionOf({ promoted: promotedIn({}, 7) }),
    ];
    expect(highestOrder(revisions)).toBe(9);
  });

  it('finds a rejection of the attempt, for the cohort or the fleet', () => {
    const revision = revisionOf({ rejected: [rejectedAt(1), rejectedAt(2, 'gpu')] });
    expect(rejection(revision, 1, 'cpu')?.cohort).toBe('*');
    expect(rejection(revision, 2, 'gpu')?.cohort).toBe('gpu');
    expect(rejection(revision, 2, 'cpu')).toBeUndefined();
    expect(rejection(revision, 3)).toBeUndefined();
  });
});

const many = (count: number, from: number, more: Partial<Parameters<typeof revisionOf>[0]>) =>
  Array.from({ length: count }, (_, index) =>
    revisionOf({ hash: `${from + index}`, ordinal: from + index, ...more }),
  );

describe('the history', () => {
  it('keeps the newest promoted and 50 rejected, and all that is needed', () => {
    const promoted = many(8, 100, { promoted: promotedIn({ cpu: 1 }) });
    const rejected = many(60, 200, { rejected: [rejectedAt(1)] });
    const superseded = many(3, 300, {});
    const gone = prunable([...promoted, ...rejected, ...superseded], new Set(['100', '301']), 5);
    expect(gone.map(({ hash }) => Number(hash)).toSorted((a, b) => a - b)).toEqual([
      101,
      102,
      ...Array.from({ length: 10 }, (_, index) => 200 + index),
      300,
      302,
    ]);
  });
});
