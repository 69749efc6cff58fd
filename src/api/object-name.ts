import { OBJECT_NAME } from './label.ts';
import { textOf } from './text.ts';

/** The name of an EdgeModel: its Service and labels have the same, and the names of its pods begin with it. */
export const modelName = textOf({
  pattern: /^[a-z](?:[-a-z0-9]{0,50}[a-z0-9])?$/,
  max: 253,
  message:
    'must be at most 52 lower-case letters, digits and "-", beginning with a letter and not ending with "-", because the Service of the model has the same name',
});

/** The name of an EdgeRollout; the name of its ConfigMaps begins with it. */
export const rolloutName = textOf({
  pattern: /^[a-z0-9](?:[-a-z0-9]{0,50}[a-z0-9])?$/,
  max: OBJECT_NAME.max,
  message:
    'must be at most 52 lower-case letters, digits and "-", beginning and ending with a letter or digit',
});
