import { tell } from './played.ts';
import { AWAY } from './stories/away.ts';

tell(AWAY);
