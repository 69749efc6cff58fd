import { expect, test } from 'vitest';
import { mergeEntries } from './apply-list.ts';

const entries = (text: string, value: string) =>
  text.split('').map((element) => ({ element, value: `${element}${value}` }));

/** The orders in which a real v1.37 merges conditions; the conformance suite asks it for the same. */
test.each([
  ['', 'ab', 'ab'],
  ['ab', '', 'ab'],
  ['ab', 'ab', 'ab'],
  ['ab', 'ba', 'ba'],
  ['abc', 'ca', 'bca'],
  ['abc', 'd', 'abcd'],
  ['abc', 'db', 'adbc'],
  ['bac', 'cb', 'acb'],
])('live %s and applied %s become %s', (live, config, expected) => {
  const merged = mergeEntries(
    entries(live, '-'),
    entries(config, '+'),
    (mine, theirs) => `${String(mine)}${String(theirs)}`,
  );

  expect(merged.map((item) => String(item)[0]).join('')).toBe(expected);
  for (const item of merged.map(String)) {
    const element = item[0] ?? '';
    const parts = [
      live.includes(element) ? `${element}-` : '',
      config.includes(element) ? `${element}+` : '',
    ];
    expect(item).toBe(parts.join(''));
  }
});
