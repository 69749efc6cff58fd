import { beforeAll } from 'vitest';
import { installCrds } from '../api/install-crds.ts';
import { describeReal } from '../setup/describe-real.ts';
import type { Outcome } from './outcome.ts';
import { tell } from './played.ts';
import { type Ending, playSideBySide } from './side-by-side.ts';
import type { Scenario } from './stage.ts';
import { REAL } from './stories/real.ts';
import { rowOf, tableOf } from './table.ts';

/** Times that a virtual clock makes exact, and a busy machine does not, are only asked to be of this order. */
const SLACK_MS = 60_000;

describeReal('edge scenarios on a real control plane', (real) => {
  let endings: ReadonlyMap<Scenario, Ending>;

  beforeAll(async () => {
    await installCrds(real().call);
    endings = await playSideBySide(
      REAL.map(({ scenario }) => scenario),
      real(),
      () => real().namespace(),
    );
    const rows = [...endings.values()].flatMap((each) =>
      'outcome' in each ? [rowOf(each.outcome, each.runMs)] : [],
    );
    process.stderr.write(`${tableOf(rows, { real: true })}\n`);
  }, 480_000);

  const outcomeOf = (scenario: Scenario) => async (): Promise<Outcome> => {
    const ending = endings.get(scenario);
    if (ending === undefined || 'error' in ending) throw ending?.error;
    return ending.outcome;
  };

  tell(REAL, outcomeOf, (virtualMs) => virtualMs + SLACK_MS);
});
