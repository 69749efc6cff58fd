import { describe, expect, it } from 'vitest';
import type { Variant } from '../../api/variant.ts';
import { CPU, GPU, MINUTE, nodeOf, START } from '../fixtures/objects.ts';
import { expressionMismatch, selectorMismatch } from './node-selector.ts';
import { stickyVariant } from './sticky-variant.ts';
import { untoleratedTaint } from './taints.ts';
import type { Toleration } from './taints.ts';
import { resolveVariant, stableSelector, variantMismatch } from './variant-fit.ts';

const LABELS = { arch: 'arm64', gpu: 'Orin', memory: '16', free: '', dashed: '-5' };

describe('a node selector', () => {
  it.each([
    { name: 'In, one of them', key: 'gpu', operator: 'In', values: ['A2', 'Orin'] },
    {
      name: 'In, none of them',
      key: 'gpu',
      operator: 'In',
      values: ['A2', 'T4'],
      says: 'label gpu is Orin, not one of A2, T4',
    },
    {
      name: 'In, absent',
      key: 'x',
      operator: 'In',
      values: ['A2'],
      says: 'label x is absent, not one of A2',
    },
    { name: 'In, empty', key: 'free', operator: 'In', values: [''] },
    {
      name: 'NotIn, one of them',
      key: 'gpu',
      operator: 'NotIn',
      values: ['Orin'],
      says: 'label gpu is Orin, one of Orin',
    },
    { name: 'NotIn, absent matches as in Kubernetes', key: 'x', operator: 'NotIn', values: ['Orin'] },
    { name: 'Exists', key: 'free', operator: 'Exists' },
    { name: 'Exists, absent', key: 'x', operator: 'Exists', says: 'label x is absent' },
    { name: 'DoesNotExist', key: 'x', operator: 'DoesNotExist' },
    { name: 'DoesNotExist, there', key: 'gpu', operator: 'DoesNotExist', says: 'label gpu is there (Orin)' },
    { name: 'Gt', key: 'memory', operator: 'Gt', values: ['8'] },
    { name: 'Gt compares numbers and not text', key: 'memory', operator: 'Gt', values: ['9'] },
    {
      name: 'Gt is strict',
      key: 'memory',
      operator: 'Gt',
      values: ['16'],
      says: 'label memory is 16, not greater than 16',
    },
    { name: 'Lt', key: 'dashed', operator: 'Lt', values: ['0'] },
    {
      name: 'Lt, too large',
      key: 'memory',
      operator: 'Lt',
      values: ['8'],
      says: 'label memory is 16, not less than 8',
    },
    {
      name: 'Gt of text',
      key: 'gpu',
      operator: 'Gt',
      values: ['1'],
      says: 'label gpu is Orin, not an integer greater than 1',
    },
    {
      name: 'Gt, absent',
      key: 'x',
      operator: 'Gt',
      values: ['1'],
      says: 'label x is absent, not an integer greater than 1',
    },
    {
      name: 'an operator of the future',
      key: 'gpu',
      operator: 'Near',
      values: [],
      says: 'operator Near for label gpu is not known; use In, NotIn, Exists, DoesNotExist, Gt or Lt',
    },
  ])('$name', ({ says, key, operator, values }) => {
    expect(expressionMismatch([{ key, operator, values }], LABELS)).toBe(says);
  });

  it('needs every label', () => {
    expect(selectorMismatch(undefined, {})).toBeUndefined();
    expect(selectorMismatch({ arch: 'arm64', gpu: 'Orin' }, LABELS)).toBeUndefined();
    expect(selectorMismatch({ arch: 'arm64', gpu: 'A2' }, LABELS)).toBe('label gpu is Orin, not A2');
    expect(selectorMismatch({ site: 'a' }, LABELS)).toBe('label site is absent, not a');
  });
});

describe('taints', () => {
  const taint = { key: 'dedicated', value: 'vision', effect: 'NoSchedule' };
  it.each<{ name: string; tolerations: readonly Toleration[]; kept: boolean; effect?: string; key?: string }>(
    [
      { name: 'nothing tolerates it', tolerations: [], kept: true },
      {
        name: 'equal',
        tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'vision', effect: 'NoSchedule' }],
        kept: false,
      },
      { name: 'equal is the default', tolerations: [{ key: 'dedicated', value: 'vision' }], kept: false },
      { name: 'another value', tolerations: [{ key: 'dedicated', value: 'audio' }], kept: true },
      { name: 'exists', tolerations: [{ key: 'dedicated', operator: 'Exists' }], kept: false },
      {
        name: 'another effect',
        tolerations: [{ key: 'dedicated', operator: 'Exists', effect: 'NoExecute' }],
        kept: true,
      },
      { name: 'everything', tolerations: [{ operator: 'Exists' }], kept: false },
      { name: 'an empty key equals nothing', tolerations: [{ value: 'vision' }], kept: true },
      { name: 'PreferNoSchedule keeps nobody off', tolerations: [], effect: 'PreferNoSchedule', kept: false },
      { name: 'NoExecute does', tolerations: [], effect: 'NoExecute', kept: true },
      {
        name: 'unreachable is what Ready says already',
        tolerations: [],
        key: 'node.kubernetes.io/unreachable',
        kept: false,
      },
      {
        name: 'a cordon has its own reason',
        tolerations: [],
        key: 'node.kubernetes.io/unschedulable',
        kept: false,
      },
      { name: 'a full disk', tolerations: [], key: 'node.kubernetes.io/disk-pressure', kept: true },
    ],
  )('$name', ({ tolerations, kept, effect = taint.effect, key = taint.key }) => {
    const node = nodeOf('a', { taints: [{ ...taint, key, effect }] });
    expect(untoleratedTaint(node, tolerations) !== undefined).toBe(kept);
  });
});

describe('the variant of a node', () => {
  const big: Variant = { name: 'big', hardware: { resources: { memory: '16Gi' } } };
  const fp16: Variant = {
    name: 'fp16',
    hardware: { matchExpressions: [{ key: 'gpu', operator: 'Exists' }] },
  };
  const orin = nodeOf('orin', {
    labels: { accelerator: 'orin' },
    allocatable: { 'nvidia.com/gpu': '1', memory: '8Gi' },
  });

  it('is the first that fits, and says why each before it was refused', () => {
    expect(resolveVariant([big, fp16, GPU, CPU], orin)).toEqual({
      fits: true,
      variant: GPU,
      refusals: [
        { variant: 'big', message: 'resource memory: 16Gi wanted, 8Gi allocatable' },
        { variant: 'fp16', message: 'label gpu is absent' },
      ],
    });
  });

  it('may be none, with a reason for each', () => {
    const fit = resolveVariant([big, GPU], nodeOf('small', { allocatable: {} }));
    expect(fit).toEqual({
      fits: false,
      refusals: [
        { variant: 'big', message: 'resource memory is not allocatable there' },
        { variant: 'gpu', message: 'label accelerator is absent, not orin' },
      ],
    });
  });

  it.each([
    { have: '8Gi', want: '8192Mi', fits: true },
    { have: '8Gi', want: '8G', fits: true },
    { have: '8G', want: '8Gi', fits: false },
    { have: '2', want: 2, fits: true },
    { have: '1500m', want: '2', fits: false },
    { have: 'lots', want: '1', fits: false },
  ])('has $have where $want is wanted: $fits', ({ have, want, fits }) => {
    const variant: Variant = { name: 'v', hardware: { resources: { thing: want } } };
    expect(variantMismatch(variant, nodeOf('a', { allocatable: { thing: have } })) === undefined).toBe(fits);
  });

  it('goes into a sticky pod only by labels that never flap', () => {
    const variant = {
      name: 'v',
      hardware: { nodeSelector: { 'kubernetes.io/arch': 'arm64', accelerator: 'orin' } },
    };
    expect(stableSelector(variant)).toEqual({ 'kubernetes.io/arch': 'arm64' });
    expect(stableSelector(CPU)).toEqual({});
  });
});

describe('a running variant', () => {
  const bare = nodeOf('orin');
  const whole = nodeOf('orin', { labels: { accelerator: 'orin' }, allocatable: { 'nvidia.com/gpu': '1' } });
  const now = START + 60 * MINUTE;
  it.each([
    { name: 'fits: stays', node: whole, running: 'gpu', is: 'gpu', mismatch: false },
    { name: 'nothing runs: what fits', node: bare, running: undefined, is: 'cpu', mismatch: false },
    { name: 'a label is gone for a moment: stays', node: bare, running: 'gpu', is: 'gpu', mismatch: true },
    {
      name: 'for nine minutes: stays',
      node: bare,
      running: 'gpu',
      since: now - 9 * MINUTE,
      is: 'gpu',
      mismatch: true,
    },
    {
      name: 'for ten minutes: goes',
      node: bare,
      running: 'gpu',
      since: now - 10 * MINUTE,
      is: 'cpu',
      mismatch: true,
    },
    {
      name: 'gone for a moment, also for a new revision',
      node: bare,
      running: 'gpu',
      revision: 'rev-z',
      is: 'gpu',
      mismatch: true,
    },
    {
      name: 'a better one of the same revision: waits',
      node: whole,
      running: 'cpu',
      is: 'cpu',
      mismatch: true,
    },
    {
      name: 'a better one of the same revision, for ten minutes',
      node: whole,
      running: 'cpu',
      since: now - 10 * MINUTE,
      is: 'gpu',
      mismatch: true,
    },
    {
      name: 'a better one of a new revision: at once',
      node: whole,
      running: 'cpu',
      revision: 'rev-z',
      is: 'gpu',
      mismatch: false,
    },
    { name: 'one that the revision has no more', node: bare, running: 'tpu', is: 'cpu', mismatch: false },
  ])('$name', ({ node, running, since, revision = 'rev-a', is, mismatch }) => {
    const runs = running === undefined ? undefined : { revision, variant: running };
    const found = stickyVariant([GPU, CPU], 'rev-a', node, runs, since, now);
    expect({ is: found.fit.fits && found.fit.variant.name, mismatch: found.mismatch }).toEqual({
      is,
      mismatch,
    });
  });

  it('that fits nothing any more is told so only after ten minutes', () => {
    const runs = { revision: 'rev-a', variant: 'gpu' };
    expect(stickyVariant([GPU], 'rev-a', bare, runs, now - 1, now).fit.fits).toBe(true);
    expect(stickyVariant([GPU], 'rev-a', bare, runs, now - 10 * MINUTE, now).fit.fits).toBe(false);
  });
});
