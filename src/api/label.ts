import { mapOf } from './text.ts';
import type { Syntax } from './text.ts';

const NAME = '[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?';
const SUBDOMAIN = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*';

/** The key of a label: an optional DNS prefix and a name. The halves have bounds of their own (253 and 63), the whole has the sum. */
export const LABEL_KEY: Syntax = {
  pattern: new RegExp(`^(?:${SUBDOMAIN}/)?${NAME}$`),
  max: 317,
  message:
    'every key must be a label key: letters, digits, "-", "_" and ".", beginning and ending with a letter or digit, with an optional DNS prefix and "/" before it, such as nvidia.com/gpu.product',
};

/** The value of a label, which may be empty. */
export const LABEL_VALUE: Syntax = {
  pattern: new RegExp(`^(?:${NAME})?$`),
  max: 63,
  message:
    'must be a label value: at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit',
};

/** Labels that a node or pod must have, all of them. */
export function selector() {
  return mapOf({ keys: LABEL_KEY, values: LABEL_VALUE, max: 32 });
}

/** A name inside one object: of a variant, a wave, a metric. */
export const DNS_LABEL: Syntax = {
  pattern: /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/,
  max: 63,
  message:
    'must be lower-case letters, digits and "-", beginning and ending with a letter or digit, such as orin-trt',
};

/** The name of another object. */
export const OBJECT_NAME: Syntax = {
  pattern: new RegExp(`^${SUBDOMAIN}$`),
  max: 253,
  message: 'must be the name of an object: lower-case letters, digits, "-" and ".", such as prometheus-token',
};
