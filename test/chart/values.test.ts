import { readFile } from 'node:fs/promises';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';

import packageJson from '../../package.json' with { type: 'json' };

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Value {
  /** With dots, as for --set. */
  readonly key: string;
  readonly description: string;
}

const read = (name: string): Promise<string> =>
  readFile(new URL(`../../charts/outrigger/${name}`, import.meta.url), 'utf8');

const schema = JSON.parse(await read('values.schema.json')) as Schema;
const values: unknown = load(await read('values.yaml'));

/** Helm's own, for charts inside charts. */
const DESCRIBED = leaves(schema).filter(({ key }) => key !== 'global');

test('the chart installs the version of the program that it lies beside', async () => {
  expect(load(await read('Chart.yaml'))).toMatchObject({ appVersion: packageJson.version });
});

describe('the values of the chart', () => {
  test('are described in the schema and given in values.yaml, all of them and no others', () => {
    expect(DESCRIBED.map(({ key }) => key).toSorted()).toEqual(keysOf(values, DESCRIBED).toSorted());
    for (const { key, description } of DESCRIBED) expect(`${key}: ${description}`).toMatch(/: \S.*\.$/);
  });

  test('stand in README.md with the default and the description that they have', async () => {
    const rows = (await read('README.md')).split('\n').filter((line) => line.startsWith('| `'));
    expect(rows).toEqual(
      DESCRIBED.map(({ key, description }) => {
        const standard = JSON.stringify(at(values, key)).replaceAll('|', String.raw`\|`);
        return `| \`${key}\` | \`${standard}\` | ${description} |`;
      }),
    );
  });
});

/** What has no properties that are named is one value: a list, a map, a scalar. */
function leaves({ properties = {} }: Schema, path = ''): readonly Value[] {
  return Object.entries(properties).flatMap(([name, property]) =>
    property.properties === undefined
      ? [{ key: path + name, description: property.description ?? '' }]
      : leaves(property, `${path}${name}.`),
  );
}

/** The keys of values.yaml, no deeper than those that are described. */
function keysOf(value: unknown, described: readonly Value[], path = ''): readonly string[] {
  return Object.entries(Object(value)).flatMap(([name, inner]) => {
    const key = path + name;
    const goesOn = described.some((each) => each.key.startsWith(`${key}.`));
    return goesOn ? keysOf(inner, described, `${key}.`) : [key];
  });
}

function at(value: unknown, key: string): unknown {
  return key.split('.').reduce((inner, name) => Object(inner)[name], value);
}
