import type { RolloutSettings } from '../../api/rollout-settings.ts';
import { reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { NodeView } from '../views/node-view.ts';
import { parseCron } from './cron.ts';
import { isTimeZone, wallClock, zoneOfLabel } from './time-zone.ts';
import { windowState } from './update-window.ts';
import type { UpdateWindow, WindowState } from './update-window.ts';

/** Whether a node may begin to change its revision now. `opensAt`: ms; undefined where no time will change that. */
export type NodeWindow =
  | { readonly open: true }
  | { readonly open: false; readonly opensAt: number | undefined; readonly reason: Reason };

type WindowsOf = Pick<RolloutSettings, 'updateWindows' | 'timeZone'>;

/** What of the windows cannot be carried out although the schema takes it; undefined where all can. */
export function windowsProblem(settings: WindowsOf): Reason | undefined {
  for (const [index, { schedule }] of settings.updateWindows.entries()) {
    const cron = parseCron(schedule);
    if ('error' in cron)
      return reason(
        'WindowInvalid',
        `spec.updateWindows[${index}].schedule: ${JSON.stringify(schedule)} ${cron.error}`,
      );
  }
  const zone = settings.timeZone.default;
  if (settings.updateWindows.length > 0 && !isTimeZone(zone))
    return reason(
      'WindowInvalid',
      `spec.timeZone.default: ${JSON.stringify(zone)} is no name of the IANA time zone database; write one such as Europe/Berlin`,
    );
  return undefined;
}

/** The windows of one rollout at one moment, for each node in its own time zone. */
export function nodeWindows(settings: WindowsOf | undefined, now: number): (node: NodeView) => NodeWindow {
  if (settings === undefined || settings.updateWindows.length === 0) return () => ({ open: true });
  const problem = windowsProblem(settings);
  // Nobody can say when updates are wanted, so none begins.
  if (problem !== undefined) return () => ({ open: false, opensAt: undefined, reason: problem });
  const windows = settings.updateWindows.flatMap(({ schedule, durationMs }): UpdateWindow[] => {
    const cron = parseCron(schedule);
    return 'error' in cron ? [] : [{ cron, durationMs }];
  });
  const states = new Map<string, WindowState>();
  const stateOf = (zone: string): WindowState => {
    const state = states.get(zone) ?? windowState(windows, zone, now);
    states.set(zone, state);
    return state;
  };
  return (node) => {
    const { fromNodeLabel } = settings.timeZone;
    const label = fromNodeLabel === undefined ? undefined : node.labels[fromNodeLabel];
    const zone = label === undefined || label === '' ? settings.timeZone.default : zoneOfLabel(label);
    if (!isTimeZone(zone))
      return {
        open: false,
        opensAt: undefined,
        reason: reason(
          'TimeZoneUnknown',
          `the label ${fromNodeLabel} of node ${node.name} is ${JSON.stringify(label)}, which is no time zone, so nobody knows when its update window is; write a name of the IANA database with dots for slashes, such as Europe.Berlin`,
        ),
      };
    const state = stateOf(zone);
    if (state.open) return state;
    return { open: false, opensAt: state.opensAt, reason: outside(node, zone, state.opensAt) };
  };
}

function outside(node: NodeView, zone: string, opensAt: number | undefined): Reason {
  const when =
    opensAt === undefined ? 'no next one is known' : `the next one opens at ${inWords(zone, opensAt)}`;
  return reason('OutsideWindow', `node ${node.name} waits for its update window; ${when}`);
}

/** `2026-03-02T01:00:00.000Z (02:00 on Monday in Europe/Berlin)` */
function inWords(zone: string, instant: number): string {
  const wall = new Date(wallClock(zone, instant));
  const day = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'][
    wall.getUTCDay()
  ];
  return `${new Date(instant).toISOString()} (${wall.toISOString().slice(11, 16)} on ${day} in ${zone})`;
}
