import { describe, expect, it } from 'vitest';
import { apiVersion, RESOURCES, resourcePath } from './resource.ts';
import { compareResourceVersions } from './resource-version.ts';

describe('resourcePath', () => {
  const { pods, nodes, edgeModels } = RESOURCES;

  it.each([
    [resourcePath(pods), '/api/v1/pods'],
    [resourcePath(pods, 'vision'), '/api/v1/namespaces/vision/pods'],
    [resourcePath(pods, 'vision', 'a', 'status'), '/api/v1/namespaces/vision/pods/a/status'],
    [resourcePath(nodes), '/api/v1/nodes'],
    [resourcePath(nodes, undefined, 'edge-1'), '/api/v1/nodes/edge-1'],
    [resourcePath(nodes, 'ignored', 'edge-1'), '/api/v1/nodes/edge-1'],
    [resourcePath(edgeModels, 'vision', 'm'), '/apis/outrigger.dev/v1alpha1/namespaces/vision/edgemodels/m'],
    [resourcePath(pods, 'vision', 'a/../../secrets'), '/api/v1/namespaces/vision/pods/a%2F..%2F..%2Fsecrets'],
  ])('%s', (path, expected) => {
    expect(path).toBe(expected);
  });

  it.each([
    [() => resourcePath(pods, undefined, 'a')],
    [() => resourcePath(pods, '', 'a')],
    [() => resourcePath(pods, 'vision', '')],
    [() => resourcePath(pods, 'vision', '..')],
    [() => resourcePath(pods, '..', 'a')],
  ])('refuses what would reach another path (%#)', (path) => {
    expect(path).toThrow(/name/);
  });

  it('gives the core group no slash', () => {
    expect([apiVersion(pods), apiVersion(RESOURCES.leases)]).toEqual(['v1', 'coordination.k8s.io/v1']);
  });
});

describe('compareResourceVersions', () => {
  it.each([
    ['9', '10', -1],
    ['10', '9', 1],
    ['10', '10', 0],
    ['9007199254740993', '9007199254740992', 1],
  ])('%s and %s', (a, b, sign) => {
    expect(Math.sign(compareResourceVersions(a, b) ?? Number.NaN)).toBe(sign);
  });

  it.each([
    ['', '1'],
    ['a1', '1'],
    ['1', '01'],
    [undefined, '1'],
  ])('concludes nothing from %s and %s', (a, b) => {
    expect(compareResourceVersions(a, b)).toBeUndefined();
  });
});
