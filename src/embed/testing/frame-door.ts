/** Both ends of a frame without a window: what a host calls goes through a real port to a session that the person has allowed. */
import { EMBED_LIMITS } from '../../client/allowed-sites';
import type { ModelClient } from '../../client/openai/models';
import { createHandler } from '../../client/openai/handler';
import { openConnection, type Connection } from '../../embed-sdk/connection';
import type { EmbedLimits } from '../../protocol/embed-api';
import type { Permit } from '../gate';
import { openSession } from '../session';

const open: (() => void)[] = [];

/** To be called after each test. */
export function closeFrameDoors(): void {
  for (const close of open.splice(0)) close();
}

export interface FrameDoorOptions {
  permit?: Permit;
  use?: 'ask' | 'chat';
  limits?: EmbedLimits;
  now?: () => number;
}

export async function openFrameDoor(client: ModelClient, options: FrameDoorOptions = {}): Promise<Connection> {
  const { permit = async () => {}, use = 'ask', limits = EMBED_LIMITS, now = () => performance.now() } = options;
  const { port1, port2 } = new MessageChannel();
  open.push(() => {
    port1.close();
    port2.close();
  });
  const { bridge } = openSession({
    host: { origin: 'https://host.example', port: port1, wishes: { use, model: 'tales', theme: 'system' } },
    client,
    permit,
    limits,
    openHandler: async (parts) => createHandler(parts),
    onTheme() {},
    onClose() {},
    now,
  });
  bridge.send({ type: 'ready' });
  return openConnection({ port: port2, onPanel() {} });
}
