/**
 * What the model is given of a chat: the system prompt, then one branch of messages from its root. Files are written before
 * the words they came with, in a fence of their own; thoughts of earlier answers are left out, because models are trained
 * without them; messages of one speaker in a row are joined, because many templates refuse them.
 */
import type { ChatMessage } from '../../client';
import type { Attachment, Message } from '../chats/types';
import { splitThinking } from '../../lib/split-thinking';

type Said = Pick<Message, 'role' | 'content' | 'attachments'>;

/** @param goesOn the last message is an answer to go on with, and is given as it is, thoughts included. */
export function promptOf(systemPrompt: string, path: readonly Said[], goesOn = false): ChatMessage[] {
  const prompt: ChatMessage[] = [];
  if (systemPrompt.trim() !== '') prompt.push({ role: 'system', content: systemPrompt.trim() });
  for (const [index, message] of path.entries()) {
    const asItIs = goesOn && index === path.length - 1;
    const content = asItIs ? message.content : spoken(message);
    const before = prompt.at(-1);
    if (before?.role === message.role) before.content += `\n\n${content}`;
    else prompt.push({ role: message.role, content });
  }
  return prompt;
}

function spoken({ role, content, attachments }: Said): string {
  return role === 'user' ? withAttachments(content, attachments) : splitThinking(content).answer;
}

/** Words and files as one text. */
export function withAttachments(content: string, attachments: readonly Attachment[] = []): string {
  return [...attachments.map(fenced), content].filter((part) => part !== '').join('\n\n');
}

/** A file between fences longer than any in it. */
function fenced({ name, text }: Attachment): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${name}:\n${fence}\n${text.replace(/\n$/, '')}\n${fence}`;
}
