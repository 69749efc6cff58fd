import { tell } from './played.ts';
import { TURNS } from './stories/turns.ts';

tell(TURNS);
