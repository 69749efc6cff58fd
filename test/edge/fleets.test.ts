import { tell } from './played.ts';
import { FLEETS } from './stories/fleets.ts';

tell(FLEETS);
