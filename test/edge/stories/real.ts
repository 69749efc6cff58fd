import type { Story } from '../played.ts';
import {
  DARK_HEALTHY,
  DARK_PREFETCHING,
  DARK_SOAKING,
  DARK_SWITCHING,
  DARK_WAITING,
  OFFLINE_FROM_THE_START,
} from '../scenarios/away.ts';
import {
  BOOT_LOOP,
  OPERATOR_DOWN,
  OPERATOR_DOWN_IN_MID_WAVE,
  REGISTRY_DOWN,
  SITE_DARK,
} from '../scenarios/outages.ts';
import { BACK_AFTER_TWO, BACK_DURING_ROLLBACK, FLAPPING } from '../scenarios/returning.ts';
import { TWO_MODELS, UPDATE_WINDOW } from '../scenarios/turns.ts';
import { AWAY } from './away.ts';
import { OUTAGES } from './outages.ts';
import { RETURNING } from './returning.ts';
import { TURNS } from './turns.ts';

const ON_REAL_GROUND = [
  OFFLINE_FROM_THE_START,
  DARK_WAITING,
  DARK_PREFETCHING,
  DARK_SWITCHING,
  DARK_SOAKING,
  DARK_HEALTHY,
  BACK_AFTER_TWO,
  BACK_DURING_ROLLBACK,
  FLAPPING,
  OPERATOR_DOWN,
  OPERATOR_DOWN_IN_MID_WAVE,
  REGISTRY_DOWN,
  SITE_DARK,
  BOOT_LOOP,
  UPDATE_WINDOW,
  TWO_MODELS,
];

/** What is played on the real control plane as well: all that takes minutes there, and not hours. */
export const REAL: readonly Story[] = [...AWAY, ...RETURNING, ...OUTAGES, ...TURNS].filter(({ scenario }) =>
  ON_REAL_GROUND.includes(scenario),
);
