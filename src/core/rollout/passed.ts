import { reason } from '../reason.ts';
import type { AdvanceInput, Advance } from './advance-outcome.ts';
import { withStep } from './memory.ts';
import type { WaveStep } from './memory.ts';

export function passed(
  input: AdvanceInput,
  step: WaveStep,
  by: 'Judge' | 'PromotedByPerson' | 'NoSoak',
): Advance {
  const { memory, now } = input;
  const name = memory.waves[step.index]?.name ?? '';
  const how =
    by === 'Judge'
      ? 'every metric passed'
      : by === 'NoSoak'
        ? 'its nodes are ready, and it asks for no soak'
        : 'a person stands in for the missing Pass';
  return {
    kind: 'Remember',
    memory: withStep(memory, { ...step, passed: { at: new Date(now).toISOString(), by } }),
    event: reason(
      by === 'PromotedByPerson' ? 'PromotedByPerson' : 'WavePassed',
      `wave ${name} passed: ${how}`,
    ),
  };
}
