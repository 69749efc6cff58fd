import { describe } from 'vitest';
import { applyCases } from './apply-cases.ts';
import { customCases } from './custom-cases.ts';
import { deleteCases } from './delete-cases.ts';
import { kindCases } from './kind-cases.ts';
import { listCases, watchCases } from './list-watch-cases.ts';
import { objectCases } from './object-cases.ts';
import { podCases } from './pod-cases.ts';
import type { Give } from './subject.ts';

/** Everything that the simulation relies on an API server for. */
export function allCases(give: Give): void {
  describe('objects', () => {
    objectCases(give);
  });
  describe('deletion', () => {
    deleteCases(give);
  });
  describe('lists', () => {
    listCases(give);
  });
  describe('watches', () => {
    watchCases(give);
  });
  describe('server-side apply', () => {
    applyCases(give);
  });
  describe('custom resources', () => {
    customCases(give);
  });
  describe('other kinds', () => {
    kindCases(give);
  });
  describe('pods', () => {
    podCases(give);
  });
}
