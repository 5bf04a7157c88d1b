/** One host in this frame: what it may do, the models that are loaded for it, and the end of it all. */
import type { Handler, HandlerParts } from '../client/openai/handler';
import type { LocalModel } from '../client/local-model';
import type { ModelClient } from '../client/openai/models';
import { HearthError } from '../lib/errors';
import type { EmbedLimits, EmbedTheme } from '../protocol/embed-api';
import { openBridge, type Bridge } from './bridge';
import type { Permit } from './gate';
import { createGuestClient } from './guest-client';
import type { Host } from './handshake';
import { Allowance, type LevelKeeper } from './limits';

export interface SessionParts {
  host: Host;
  client: ModelClient;
  permit: Permit;
  limits: EmbedLimits;
  /** Makes the OpenAI wire; fetched at the first request. */
  openHandler(parts: HandlerParts): Promise<Handler>;
  onTheme(theme: EmbedTheme): void;
  onClose(): void;
  /** Where it is kept what the host has spent; in this session alone if absent. */
  spent?: LevelKeeper;
  /** Milliseconds since 1970, as fine as `performance.now`. */
  now(): number;
}

export interface Session {
  bridge: Bridge;
  /** The client as this host may use it. */
  client: ModelClient;
}

const MINUTE_MS = 60_000;

/** To be called when the person has said yes. */
export function openSession(parts: SessionParts): Session {
  const { limits } = parts;
  const { port, origin, wishes } = parts.host;
  const tokens = new Allowance(limits.tokensPerMinute, MINUTE_MS, parts.now, parts.spent);
  const guest = createGuestClient({ client: parts.client, limits, tokens, permit: parts.permit });
  /** Loaded because the host has said so, until it closes. */
  const held = new Map<string, LocalModel>();
  let handler: Promise<Handler> | null = null;

  async function handle(request: Request): Promise<Response> {
    handler ??= parts.openHandler({ client: guest.client, maxAnswers: limits.concurrentAnswers, salt: origin });
    handler.catch(() => (handler = null)); // the network may be back for the next request
    return (await handler)(request);
  }

  const bridge = openBridge({
    port,
    tokens,
    now: parts.now,
    onTheme: parts.onTheme,
    handle: wishes.use === 'ask' ? handle : null,
    async loadModel(name, options) {
      if (wishes.use !== 'ask') throw new HearthError('refused', 'This frame is a chat for the person alone.');
      const model = await guest.client.loadModel(name, options);
      const before = held.get(model.id);
      held.set(model.id, model);
      await before?.dispose().catch(() => {}); // its thread may have gone
      const { id, label, contextLength, warning } = model;
      return { id, label, contextLength, warning };
    },
    status: () => ({ limits, loaded: [...held.keys()] }),
    onClose() {
      guest.close();
      parts.onClose();
    },
  });
  return { bridge, client: guest.client };
}
