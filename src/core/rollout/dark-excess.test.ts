import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chargedDark, darkChance, darkExcess } from './dark-excess.ts';
import type { DarkArms } from './dark-excess.ts';

const arms = (dark: number, updated: number, darkControls: number, controls: number): DarkArms => ({
  updated,
  dark,
  controls,
  darkControls,
});

describe('dark nodes that are charged to the candidate', () => {
  it.each([
    // Three canaries and three controls: two are an accident too often, three are not.
    { who: arms(1, 3, 0, 3), chance: 1 / 2, excess: 1, charged: 0 },
    { who: arms(2, 3, 0, 3), chance: 3 / 15, excess: 2, charged: 0 },
    { who: arms(3, 3, 0, 3), chance: 1 / 20, excess: 3, charged: 3 },
    { who: arms(3, 3, 1, 3), chance: 3 / 15, excess: 2, charged: 0 },
    { who: arms(3, 3, 3, 3), chance: 1, excess: 0, charged: 0 },
    // Three of ten.
    { who: arms(1, 3, 0, 7), chance: 3 / 10, excess: 1, charged: 0 },
    { who: arms(2, 3, 0, 7), chance: 3 / 45, excess: 2, charged: 2 },
    { who: arms(2, 3, 2, 7), chance: 70 / 210, excess: 1, charged: 0 },
    // A canary alone can be told from nine.
    { who: arms(1, 1, 0, 1), chance: 1 / 2, excess: 1, charged: 0 },
    { who: arms(1, 1, 0, 9), chance: 1 / 10, excess: 1, charged: 1 },
    // A large wave: the share counts.
    { who: arms(25, 250, 25, 250), chance: 0.559, excess: 0, charged: 0 },
    { who: arms(5, 25, 25, 250), chance: 0.1196, excess: 2, charged: 0 },
    { who: arms(8, 25, 25, 250), chance: 0.0046, excess: 5, charged: 5 },
    // Nobody to compare with.
    { who: arms(3, 3, 0, 0), chance: 1, excess: 3, charged: 0 },
    { who: arms(0, 3, 3, 7), chance: 1, excess: 0, charged: 0 },
  ])(
    '$who.dark of $who.updated, $who.darkControls of $who.controls controls: $charged',
    ({ who, chance, excess, charged }) => {
      expect(darkChance([who])).toBeCloseTo(chance, 3);
      expect(darkExcess([who])).toBe(excess);
      expect(chargedDark([who])).toBe(charged);
    },
  );

  it('are those of several cohorts together, each beside its own controls', () => {
    const one = arms(1, 1, 0, 7);
    expect(chargedDark([one])).toBe(0);
    expect(darkChance([one, one])).toBeCloseTo(1 / 64);
    expect(chargedDark([one, one])).toBe(2);
    // A cohort without controls adds nothing to what is known of the others.
    expect(chargedDark([one, arms(5, 5, 0, 0)])).toBe(0);
  });

  it('never come to more than went dark, nor to any where the controls fare as badly', () => {
    const some = fc
      .record({
        updated: fc.integer({ min: 0, max: 60 }),
        controls: fc.integer({ min: 0, max: 60 }),
        a: fc.double({ min: 0, max: 1, noNaN: true }),
        b: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(({ updated, controls, a, b }) =>
        arms(Math.round(a * updated), updated, Math.round(b * controls), controls),
      );
    fc.assert(
      fc.property(fc.array(some, { maxLength: 4 }), (strata) => {
        const charged = chargedDark(strata);
        expect(charged).toBeGreaterThanOrEqual(0);
        const asBad = strata.every((each) => each.dark * each.controls <= each.darkControls * each.updated);
        const most = asBad ? 0 : strata.reduce((sum, { dark }) => sum + dark, 0);
        expect(charged).toBeLessThanOrEqual(most);
      }),
    );
  });

  it('are charged to a candidate that does nothing in at most one draw of ten', () => {
    for (const [updated, controls, dark] of [
      [3, 3, 2],
      [3, 7, 2],
      [3, 7, 3],
      [5, 5, 4],
      [1, 9, 1],
      [10, 40, 12],
    ] as const) {
      // Summed over the ways in which so many dark nodes can fall on the two arms.
      const ways = Array.from({ length: Math.min(updated, dark) + 1 }, (_, s) =>
        arms(s, updated, dark - s, controls),
      ).filter(({ darkControls }) => darkControls <= controls);
      const chance = ways
        .filter((who) => chargedDark([who]) > 0)
        .reduce((sum, who) => sum + darkChance([who]) - moreThan(who), 0);
      expect(chance).toBeLessThanOrEqual(0.1 + 1e-9);
    }
  });
});

/** The chance of more dark nodes among the updated ones, of as many in all. */
function moreThan(who: DarkArms): number {
  const possible = who.darkControls > 0 && who.dark < who.updated;
  return possible ? darkChance([{ ...who, dark: who.dark + 1, darkControls: who.darkControls - 1 }]) : 0;
}
