import { badRequest } from './api-status.ts';
import { type ApiObject, recordOf } from './json.ts';

/** What a list or watch asks for. */
export interface Selector {
  matches(object: ApiObject): boolean;
  /** A field that must have one value, by which watchers are found without asking each of them. */
  readonly exact?: { readonly field: string; readonly value: string };
  readonly isEverything: boolean;
}

type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

const KEY = String.raw`[A-Za-z0-9](?:[A-Za-z0-9_./-]*[A-Za-z0-9])?`;
const SET = new RegExp(String.raw`^(${KEY})\s+(in|notin)\s*\(([^()]*)\)$`);
const EQUAL = new RegExp(String.raw`^(${KEY})\s*(==|=|!=)\s*([A-Za-z0-9_.-]*)$`);
const EXISTS = new RegExp(String.raw`^(!?)\s*(${KEY})$`);

export function parseSelector(
  labelSelector: string | undefined,
  fieldSelector: string | undefined,
): Selector {
  const labels = splitTerms(labelSelector ?? '').map(parseLabelTerm);
  const fields = splitTerms(fieldSelector ?? '').map(parseFieldTerm);
  const matches = (object: ApiObject): boolean => {
    if (!fields.every(({ field, value, wanted }) => (fieldValue(object, field) === value) === wanted))
      return false;
    const own = object.metadata.labels ?? {};
    return labels.every((test) => test(own));
  };
  const exact = fields.find(({ wanted }) => wanted);
  const isEverything = labels.length === 0 && fields.length === 0;
  return exact ? { matches, exact, isEverything } : { matches, isEverything };
}

/** Commas separate terms, except inside the parentheses of a set. */
function splitTerms(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

function parseLabelTerm(term: string): LabelTest {
  const set = SET.exec(term);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((value) => value.trim()));
    // As for a DaemonSet's selector, `notin` and `!=` also hold where the label is absent.
    return operator === 'in'
      ? (labels) => labels[key] !== undefined && values.has(labels[key])
      : (labels) => labels[key] === undefined || !values.has(labels[key]);
  }
  const equal = EQUAL.exec(term);
  if (equal) {
    const [, key = '', operator, value = ''] = equal;
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const exists = EXISTS.exec(term);
  if (exists) {
    const [, not, key = ''] = exists;
    return (labels) => (labels[key] === undefined) === (not === '!');
  }
  throw badRequest(
    `unable to parse requirement: found '${term}', expected: in, notin, =, ==, !=, or a label key`,
  );
}

function parseFieldTerm(term: string): { field: string; value: string; wanted: boolean } {
  const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
  if (!match) throw badRequest(`invalid field selector: ${term}`);
  const [, field = '', operator, value = ''] = match;
  return { field, value, wanted: operator !== '!=' };
}

/** Fields by which the server selects; an absent one is empty. */
function fieldValue(object: ApiObject, field: string): string {
  for (const path of PLACES[field] ?? [field]) {
    let value: unknown = object;
    for (const name of path.split('.')) value = recordOf(value)[name];
    if (value !== undefined && value !== null && value !== '') return String(value);
  }
  return '';
}

/** Where a field is that has another name than the selector's: the first place that is not empty. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  source: ['source.component', 'reportingComponent'],
};

const EVERYWHERE = ['metadata.name', 'metadata.namespace'];
const SELECTABLE: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'status.phase',
  ],
  nodes: ['spec.unschedulable'],
  namespaces: ['status.phase'],
  secrets: ['type'],
  events: [
    'involvedObject.apiVersion',
    'involvedObject.fieldPath',
    'involvedObject.kind',
    'involvedObject.name',
    'involvedObject.namespace',
    'involvedObject.resourceVersion',
    'involvedObject.uid',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
};

/** Errors: 400 for a field that this kind cannot be selected by. */
export function checkFieldSelector(plural: string, fieldSelector: string | undefined): void {
  for (const term of splitTerms(fieldSelector ?? '')) {
    const { field } = parseFieldTerm(term);
    if (EVERYWHERE.includes(field) || SELECTABLE[plural]?.includes(field) === true) continue;
    throw badRequest(`field label not supported: ${field}`);
  }
}
