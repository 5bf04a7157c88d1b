/** What is to be answered. */
import type { ChatMessage } from '../text/chat-template';

/** Either a chat through the checkpoint's template, or bare text. */
export type Prompt = ChatPrompt | { kind: 'text'; text: string };

export interface ChatPrompt {
  kind: 'chat';
  messages: ChatMessage[];
  /** Goes on with the last message, an answer. */
  continueLast?: boolean;
}
