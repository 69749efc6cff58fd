import { z } from 'zod';
import { duration } from './duration.ts';
import { CEL_WHOLE_PERCENTS, countOrPercent, fractionOf } from './fraction.ts';
import type { Immutable } from './immutable.ts';
import { DNS_LABEL } from './label.ts';
import { listByKey, notEmpty } from './lists.ts';
import { ruled } from './rule.ts';
import { textOf } from './text.ts';

/** How many nodes of each cohort run the candidate, and what must hold before the next wave. */
export const wave = z.object({
  name: textOf(DNS_LABEL).describe('Unique among the waves; approvals name it.'),
  nodes: countOrPercent().describe(
    'How many nodes of each cohort run the candidate in this wave: a count, or a whole percent that is rounded up.',
  ),
  soak: duration()
    .optional()
    .describe(
      'How long the nodes of the wave are measured; default 30m at a resolution of 1m, and nothing for the last wave.',
    ),
  approval: z
    .enum(['Required', 'NotRequired'])
    .optional()
    .describe('Required: a person is asked before the wave starts. Default NotRequired.'),
});

export type Wave = Immutable<z.infer<typeof wave>>;

function counts(list: readonly Wave[]): number[] {
  return list.flatMap(({ nodes }) => (typeof nodes === 'number' ? [nodes] : []));
}

function percents(list: readonly Wave[]): number[] {
  return list.flatMap(({ nodes }) => (typeof nodes === 'string' ? [fractionOf(nodes)] : []));
}

function ascends(numbers: readonly number[]): boolean {
  return numbers.every((value, index) => index === 0 || value >= (numbers[index - 1] ?? 0));
}

export const waves = ruled(
  notEmpty(
    listByKey(wave, 'name', { max: 16 }),
    'waves is empty: leave it out for the waves that Outrigger takes by itself, or end it with a wave of 100%',
  ),
  [
    {
      cel: 'self.map(w, type(w.nodes) == int ? 0 : 1).isSorted()',
      holds: (self) => ascends(self.map(({ nodes }) => (typeof nodes === 'number' ? 0 : 1))),
      message: 'waves that count nodes come before those in percent',
    },
    {
      cel: 'self.filter(w, type(w.nodes) == int).map(w, int(w.nodes)).isSorted()',
      holds: (self) => ascends(counts(self)),
      message: 'no wave may be smaller than the one before it',
    },
    {
      cel: `self.filter(w, type(w.nodes) == string).map(w, ${CEL_WHOLE_PERCENTS}[w.nodes]).isSorted()`,
      holds: (self) => ascends(percents(self)),
      message: 'no wave may be smaller than the one before it',
    },
    {
      cel: "self.size() == 0 || self[self.size() - 1].nodes == '100%'",
      holds: (self) => self.length === 0 || self.at(-1)?.nodes === '100%',
      message: 'the last wave must have nodes: 100%, otherwise the rest of the fleet would never be updated',
    },
  ],
);
