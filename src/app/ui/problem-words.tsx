/**
 * What an error says, in the language that is spoken. The engine's sentences are English and say exactly what was found; in any
 * other language the catalogue says by the error's code what that means and what to do, and the exact sentence follows.
 */
import type { HearthError } from '../../client';
import { locale, wordsOf } from '../strings';
import { problems } from '../strings/en/problems';

const strings = wordsOf('problems', problems);

export function ProblemWords({ problem: { code, message, hint } }: { readonly problem: HearthError }) {
  if (locale() === 'en')
    return (
      <>
        <p className="problem-message">{message}</p>
        <p>{hint}</p>
      </>
    );
  const { what, next } = strings[code];
  return (
    <>
      <p className="problem-message">{what}</p>
      <p>{next}</p>
      <p className="problem-detail" lang="en">
        {message}
      </p>
    </>
  );
}
