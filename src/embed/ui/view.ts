/** What the frame may show. */
import type { HearthError } from '../../lib/errors';
import type { Question } from '../gate';

export type View =
  /** The host wants something, and the person has to say. */
  | { kind: 'question'; question: Question; isStored: boolean; onAnswer(isYes: boolean): void }
  /** The host asks the model; what there is to see is who does, and the way to end it. */
  | { kind: 'use'; origin: string; model: string; onRevoke(): void }
  /** There is no connection: `alone` in no frame at all, `closed` after there was one. */
  | { kind: 'trouble'; trouble: 'alone' | 'sandboxed' }
  | { kind: 'trouble'; trouble: 'closed'; origin: string }
  | { kind: 'trouble'; trouble: 'refused'; origin: string; error: HearthError };
