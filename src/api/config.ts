import { z } from 'zod';
import { ruled } from './rule.ts';
import { celString } from './text.ts';

// A revision is kept in one ControllerRevision of at most 64 KB: config has most of that, the rest of the spec needs some as well.
const MAX_TOTAL = 48 * 1024;
const FILE_NAME = '^[-._a-zA-Z0-9]+$';

function isFileName(key: string): boolean {
  return key.length <= 253 && new RegExp(FILE_NAME).test(key) && key !== '.' && !key.startsWith('..');
}

/** Files that belong to the revision: name to content, as in a ConfigMap. */
export const config = ruled(z.record(z.string(), z.string().max(MAX_TOTAL)).meta({ maxProperties: 32 }), [
  {
    cel: 'self.size() <= 32',
    holds: (self) => Object.keys(self).length <= 32,
    message: 'must have at most 32 files',
  },
  {
    cel: `self.all(k, k.size() <= 253 && k.matches(${celString(FILE_NAME)}) && k != '.' && !k.startsWith('..'))`,
    holds: (self) => Object.keys(self).every(isFileName),
    message:
      'every key must be a file name of letters, digits, "-", "_" and "." that does not begin with ".."',
  },
  {
    cel: `self.map(k, self[k].size()).sum() <= ${MAX_TOTAL}`,
    holds: (self) => Object.values(self).reduce((sum, file) => sum + [...file].length, 0) <= MAX_TOTAL,
    message: 'all files together may have at most 49152 characters: put what is larger into the artifact',
  },
]);
