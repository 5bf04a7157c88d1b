/**
 * `/embed.js`: what a page of another site imports to have Hearth in a frame.
 *
 *   import { connect } from 'https://hearth.example/embed.js';
 *   const { fetch } = await connect({ model: 'tales' });
 *   const openai = new OpenAI({ baseURL: 'https://hearth.local/v1', apiKey: 'none', fetch, dangerouslyAllowBrowser: true });
 *
 * or, for a chat that the page sees nothing of, `<hearth-chat model="tales"></hearth-chat>`.
 */
import { defineElement } from './element';

export { connect, type ConnectOptions, type FrameConnection } from './connect';
export type { Connection, EmbedLoadOptions } from './connection';
export { HearthError, type ErrorCode } from '../lib/errors';
export type { EmbeddedModel, EmbedLimits, EmbedProgress, EmbedStatus, EmbedTheme } from '../protocol/embed-api';

defineElement();
