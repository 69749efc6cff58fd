import { describe } from 'vitest';
import { applyCases } from './apply-cases.ts';
import { customCases } from './custom-cases.ts';
import { deleteCases } from './delete-cases.ts';
import { kindCases } from './kind-cases.ts';
import { listCases } from './list-cases.ts';
import { objectCases } from './object-cases.ts';
import { podCases } from './pod-cases.ts';
import { podValidationCases } from './pod-validation-cases.ts';
import type { Give } from './subject.ts';
import { watchCases } from './watch-cases.ts';

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
  describe('refused pods', () => {
    podValidationCases(give);
  });
  describe('pods', () => {
    podCases(give);
  });
}
