/**
 * An error as a person reads it: what it means, what to do, and last the exact sentence of the part that failed. The engine's own
 * sentences are English; in another language its hint gives way to the catalogue's.
 */
import type { HearthError } from '../../client';
import { locale, wordsOf } from '../strings';
import { problems } from '../strings/en/problems';

const strings = wordsOf('problems', problems);

interface ProblemWordsProps {
  readonly problem: HearthError;
  /** It was a server elsewhere that was asked. */
  readonly isServers?: boolean;
}

export function ProblemWords({ problem: { code, message, hint }, isServers = false }: ProblemWordsProps) {
  const { servers, ...own } = strings;
  const { what, next } = isServers && code in servers ? servers[code as keyof typeof servers] : own[code];
  return (
    <>
      <p className="problem-message">{what}</p>
      <p>{locale() === 'en' && hint !== '' ? hint : next}</p>
      <p className="problem-detail" lang="en">
        {message}
      </p>
    </>
  );
}
