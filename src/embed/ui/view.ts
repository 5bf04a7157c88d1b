/** What the frame may show. */
import type { HearthError } from '../../lib/errors';
import type { Chat } from '../chat/chat';
import type { Question } from '../gate';

/** Where a model is: here already, to be fetched and kept, or to be fetched at every visit because the frame has no storage. */
export type ModelPlace = 'here' | 'kept' | 'passing';

export type View =
  /** The host wants something, and the person has to say. */
  | { kind: 'question'; question: Question; place: ModelPlace; onAnswer(isYes: boolean): void }
  /** The host asks the model; what there is to see is who does, and the way to end it. */
  | { kind: 'use'; origin: string; model: string; onRevoke(): void }
  | { kind: 'chat'; origin: string; model: string; chat: Chat; onRevoke(): void; onTakeOver(): Promise<void> }
  /** There is no connection: `alone` in no frame at all, `closed` after there was one. */
  | { kind: 'trouble'; trouble: 'alone' | 'sandboxed' }
  | { kind: 'trouble'; trouble: 'closed'; origin: string }
  | { kind: 'trouble'; trouble: 'refused'; origin: string; error: HearthError };
