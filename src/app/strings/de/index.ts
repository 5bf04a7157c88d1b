/** Everything in German. */
import { batch } from './batch';
import { bench } from './bench';
import { chat } from './chat';
import { chats } from './chats';
import { commands } from './commands';
import { diagnostics } from './diagnostics';
import { embed } from './embed';
import { frame } from './frame';
import { markdown } from './markdown';
import { models } from './models';
import { offers } from './offers';
import { problems } from './problems';
import { servers } from './servers';
import { settings } from './settings';
import { units } from './units';

export default {
  batch,
  bench,
  chat,
  chats,
  commands,
  diagnostics,
  embed,
  frame,
  markdown,
  models,
  offers,
  problems,
  servers,
  settings,
  units,
};
